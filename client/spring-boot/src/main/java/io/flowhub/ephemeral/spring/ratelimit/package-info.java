/** {@link io.flowhub.ephemeral.spring.ratelimit.RateLimited}, a rate limit on a handler. */
@NullMarked
package io.flowhub.ephemeral.spring.ratelimit;

import org.jspecify.annotations.NullMarked;
