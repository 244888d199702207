/**
 * Messages passed on and never stored. One that is published goes from {@link
 * io.flowhub.ephemeral.server.broadcast.BroadcastService} (the contract) to {@code Broadcast} (the rules) and through {@code
 * lua/broadcast} to the one channel to which every server listens; from there through {@code Rooms} to the {@code
 * Listener} of each open stream, whose {@code Buffer} waits for its reader.
 */
@NullMarked
package io.flowhub.ephemeral.server.broadcast;

import org.jspecify.annotations.NullMarked;
