/**
 * Access to Redis: connection, topology, scripts, batching, pub/sub and the embedded Redis. Features describe an {@link
 * io.flowhub.ephemeral.server.redis.Operation} and receive a future. No other package uses Redisson.
 */
@NullMarked
package io.flowhub.ephemeral.server.redis;

import org.jspecify.annotations.NullMarked;
