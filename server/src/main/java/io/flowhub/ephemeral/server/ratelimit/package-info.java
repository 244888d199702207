/**
 * Rate limits. A call goes through {@code RateLimitService} (the gRPC service), {@code RateLimitRequests} (from a request to
 * a {@code RateCheck}), {@code RateLimitStore} and the scripts in {@code lua/ratelimit}, which count, and comes back as a
 * {@code Decision}. {@code WindowCache} decides checks of full windows without Redis, {@code AllOrNothing} checks several
 * limits as one, and {@code RedisFailureFallback} decides while Redis is unavailable.
 */
@NullMarked
package io.flowhub.ephemeral.server.ratelimit;

import org.jspecify.annotations.NullMarked;
