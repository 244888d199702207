/** Heartbeats of many users on one stream. Internal: may change without notice. */
@NullMarked
package io.flowhub.ephemeral.client.internal.heartbeat;

import org.jspecify.annotations.NullMarked;
