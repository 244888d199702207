package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.redis.KeyNames;

/** The keys of typing indicators. */
final class TypingKeys {

    static final KeyKind KIND = new KeyKind(
            "typing",
            new KeyName("typing:<room_id>:<user_id>", "`true`", "3 s"),
            new KeyName(
                    "{typing:<room_id>}:users",
                    "sorted set: users that may be typing, by the time of the last index write",
                    "1 min after the last write"));

    static String user(String roomId, String userId) {
        return "typing:" + roomId + ":" + userId;
    }

    /** The index of a room: users that may be typing. */
    static String index(String roomId) {
        return KeyNames.companion("typing:" + roomId, "users");
    }

    private TypingKeys() {}
}
