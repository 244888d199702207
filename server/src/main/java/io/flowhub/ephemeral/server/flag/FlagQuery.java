package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import org.jspecify.annotations.Nullable;

/**
 * One checked question for a flag.
 *
 * @param key {@code flag:<feature>:<user>}
 * @param defaultValue the caller's, if he has one
 */
record FlagQuery(String key, @Nullable String defaultValue) {

    /** @param path where the question stands in the request, for the error: empty, or ending with a dot */
    static FlagQuery of(String path, GetFlagRequest request) {
        String feature = IdValidator.check(path + "feature", request.getFeature());
        String userId = IdValidator.check(path + "user_id", request.getUserId());
        return new FlagQuery(
                FlagKeys.flag(feature, userId),
                request.hasDefaultValue()
                        ? ValueValidator.check(path + "default_value", request.getDefaultValue())
                        : null);
    }

    /** What an unset flag is answered with. */
    String unset() {
        return defaultValue == null ? "" : defaultValue;
    }
}
