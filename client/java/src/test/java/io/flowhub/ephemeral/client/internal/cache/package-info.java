@NullMarked
package io.flowhub.ephemeral.client.internal.cache;

import org.jspecify.annotations.NullMarked;
