@NullMarked
package io.flowhub.ephemeral.client.internal.watch;

import org.jspecify.annotations.NullMarked;
