package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.redis.KeyNames;

/** The keys of presence. */
final class PresenceKeys {

    static final KeyKind KIND = new KeyKind(
            "presence",
            new KeyName("presence:<user_id>", "`online`", "`presence.ttl`, 10 s"),
            new KeyName(
                    "{presence:<user_id>}:connections",
                    "sorted set: when each connection expires",
                    "`presence.ttl`, 10 s"),
            new KeyName(
                    "presence:index:<part>",
                    "sorted set: when to check whether a user is still online; one part, on a Cluster two",
                    "1 h after the last use"));

    static String user(String userId) {
        return "presence:" + userId;
    }

    /** When each connection expires, by connection id. */
    static String connections(String userId) {
        return KeyNames.companion(user(userId), "connections");
    }

    /** When to check which user, for a part of all users. Ids contain no colon, so no user has this key. */
    static String index(int part) {
        return "presence:index:" + part;
    }

    private PresenceKeys() {}
}
