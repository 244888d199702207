/** Envoy's rate limit service: the rules of envoyproxy/ratelimit over the counters of rate limits. */
@NullMarked
package io.flowhub.ephemeral.server.rls;

import org.jspecify.annotations.NullMarked;
