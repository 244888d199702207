/**
 * Rate limits. A call goes from {@link io.flowhub.ephemeral.server.ratelimit.RateLimitService} (the contract) to {@code
 * RateLimitStore} (the rules) and to the scripts in {@code lua/ratelimit} (the counting).
 */
@NullMarked
package io.flowhub.ephemeral.server.ratelimit;

import org.jspecify.annotations.NullMarked;
