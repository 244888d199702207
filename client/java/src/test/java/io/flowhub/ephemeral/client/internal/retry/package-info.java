@NullMarked
package io.flowhub.ephemeral.client.internal.retry;

import org.jspecify.annotations.NullMarked;
