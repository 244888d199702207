package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;

/** The keys of feature flags. */
final class FlagKeys {

    static final KeyKind KIND = new KeyKind(
            "flag", new KeyName("flag:<feature>:<user_id>", "the value of the flag", "as set, 1 s to 24 h"));

    static String flag(String feature, String userId) {
        return "flag:" + feature + ":" + userId;
    }

    private FlagKeys() {}
}
