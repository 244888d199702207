package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;

/** The keys of session flags. */
final class SessionKeys {

    static final KeyKind KIND = new KeyKind(
            "session",
            new KeyName("session:<user_id>:<flag>", "the value of the flag", "as set, 5 to 30 min; `otp_valid` 5 min"));

    static String flag(String userId, String flag) {
        return "session:" + userId + ":" + flag;
    }

    private SessionKeys() {}
}
