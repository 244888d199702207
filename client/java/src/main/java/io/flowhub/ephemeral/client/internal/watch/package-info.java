/** Watches of presence and typing, and subscriptions to rooms. Internal: may change without notice. */
@NullMarked
package io.flowhub.ephemeral.client.internal.watch;

import org.jspecify.annotations.NullMarked;
