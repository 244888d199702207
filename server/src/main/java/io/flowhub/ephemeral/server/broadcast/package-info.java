/**
 * Messages passed on and never stored. One that is published goes from {@link
 * io.flowhub.ephemeral.server.broadcast.BroadcastService} (the contract) to {@code BroadcastBroker} (the rules) and through {@code
 * lua/broadcast} to the one channel to which every server listens; from there through {@code BroadcastHub} to the {@code
 * SubscriptionStream} of each open stream, whose {@code MessageBuffer} waits for its reader.
 */
@NullMarked
package io.flowhub.ephemeral.server.broadcast;

import org.jspecify.annotations.NullMarked;
