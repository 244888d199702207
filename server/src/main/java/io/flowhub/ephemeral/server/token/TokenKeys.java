package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.redis.KeyNames;

/** The keys of login tokens. */
final class TokenKeys {

    static final KeyKind KIND = new KeyKind(
            "token",
            new KeyName("token:<user_id>:login", "SHA-256 of user and token", "10 min"),
            new KeyName(
                    "{token:<user_id>:login}:request:<request_id>",
                    "SHA-256 of the token that the request consumed",
                    "1 min"));

    static String login(String userId) {
        return "token:" + userId + ":login";
    }

    /** Holds the digest of the token that the request consumed. */
    static String idempotencyRecord(String userId, String requestId) {
        return KeyNames.companion(login(userId), "request:" + requestId);
    }

    private TokenKeys() {}
}
