/** Streams that reconnect. Internal: may change without notice. */
@NullMarked
package io.flowhub.ephemeral.client.internal.stream;

import org.jspecify.annotations.NullMarked;
