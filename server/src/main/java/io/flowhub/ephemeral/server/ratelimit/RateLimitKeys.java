package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.redis.KeyNames;

/** The keys of rate limits. */
final class RateLimitKeys {

    static final KeyKind KIND = new KeyKind(
            "rate",
            new KeyName(
                    "rate:<user_id>:<action>",
                    "an integer, [below](#values-of-rate-limits)",
                    "the window; up to two windows for `sliding_window` and `token_bucket`"),
            new KeyName(
                    "{rate:<user_id>:<action>}:request:<request_id>",
                    "`1`: the hits of this request were consumed",
                    "the window"));

    static String counter(String userId, String action) {
        return "rate:" + userId + ":" + action;
    }

    /** The key that exists for one window after the hits of the request were consumed. */
    static String request(String counter, String requestId) {
        return KeyNames.companion(counter, "request:" + requestId);
    }

    private RateLimitKeys() {}
}
