/** Retries, and the deadline of a unary call. Internal: may change without notice. */
@NullMarked
package io.flowhub.ephemeral.client.internal.retry;

import org.jspecify.annotations.NullMarked;
