/**
 * Messages to the current subscribers of a room; nothing is stored. A Publish call goes from {@link
 * io.flowhub.ephemeral.server.broadcast.BroadcastService}, which checks the request, to {@code BroadcastBroker}, which
 * publishes the message as a {@code NumberedEnvelope} through {@code lua/broadcast} to the one channel of all servers. From there
 * the broker of each server passes it to {@code BroadcastHub} and so to the {@code SubscriptionStream} of each Subscribe
 * call with that room, whose {@code BoundedOutbox} holds the {@code BroadcastEvents} that are not sent yet. {@code
 * PubSubProbe} finds out whether messages arrive at all, and the streams report its states to their clients. {@code
 * HoleDetector} finds messages that did not arrive, {@code TailMarker} makes that possible for the last one, and {@code
 * ChannelFlush} waits for all that were published.
 */
@NullMarked
package io.flowhub.ephemeral.server.broadcast;

import org.jspecify.annotations.NullMarked;
