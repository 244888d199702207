/**
 * The only door to Redis: connection, topology, scripts, batching, pub/sub and the embedded Redis. Features describe an
 * {@link io.flowhub.ephemeral.server.redis.Operation} and get a future; nothing outside this package sees Redisson.
 */
@NullMarked
package io.flowhub.ephemeral.server.redis;

import org.jspecify.annotations.NullMarked;
