package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.redis.KeyNames;
import io.flowhub.ephemeral.server.rpc.Ids;
import io.flowhub.ephemeral.server.rpc.Values;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import org.jspecify.annotations.Nullable;

/**
 * One checked question for a flag.
 *
 * @param key {@code flag:<feature>:<user>}
 * @param defaultValue the caller's, if he has one
 */
record Question(String key, @Nullable String defaultValue) {

    /** @param path where the question stands in the request, for the error: empty, or ending with a dot */
    static Question of(String path, GetFlagRequest request) {
        String feature = Ids.check(path + "feature", request.getFeature());
        String userId = Ids.check(path + "user_id", request.getUserId());
        return new Question(
                KeyNames.flag(feature, userId),
                request.hasDefaultValue() ? Values.check(path + "default_value", request.getDefaultValue()) : null);
    }

    /** What an unset flag is answered with. */
    String unset() {
        return defaultValue == null ? "" : defaultValue;
    }
}
