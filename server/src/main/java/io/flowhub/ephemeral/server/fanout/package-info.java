/**
 * What the streams of presence, typing and broadcast have in common. A {@code Hub} has the {@code Topic}s that streams
 * watch, users or rooms, and passes what happens to them to each {@code FanoutStream}. A stream keeps what it has not sent in
 * an {@code Outbox}: a {@code ConflatingOutbox} sends the latest state of each topic, which {@code SnapshotReader} reads
 * from Redis, and a {@code BoundedOutbox} each message, which {@code MessageRelay} passes to it. {@code Freshness} is when
 * streams are stale and resynced. {@code StreamMemory} bounds what all streams of the server hold together. Imports no
 * feature.
 */
@NullMarked
package io.flowhub.ephemeral.server.fanout;

import org.jspecify.annotations.NullMarked;
