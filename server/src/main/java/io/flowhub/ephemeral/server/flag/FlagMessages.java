package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;

/** Converts the messages of reads of feature flags. */
final class FlagMessages {

    /** @param path the path of the message in the request, for the error: empty, or ends with a dot */
    static FlagQuery query(String path, GetFlagRequest request) {
        String feature = IdValidator.check(path, "feature", request.getFeature());
        String userId = IdValidator.check(path, "user_id", request.getUserId());
        return new FlagQuery(
                FlagKeys.flag(feature, userId),
                request.hasDefaultValue()
                        ? ValueValidator.check(path + "default_value", request.getDefaultValue())
                        : null);
    }

    static GetFlagResponse response(FlagResult result) {
        if (result instanceof FlagResult.Failed failed) {
            return error(failed.value(), StatusMapper.itemReason(failed.failure(), 1));
        }
        GetFlagResponse.Builder response = GetFlagResponse.newBuilder().setValue(result.value());
        if (result instanceof FlagResult.Set set) {
            return response.setReason(FlagReason.FLAG_REASON_STATIC)
                    .setExpiresIn(ProtoTime.duration(set.ttlMillis()))
                    .build();
        }
        return response.setReason(FlagReason.FLAG_REASON_DEFAULT).build();
    }

    static GetFlagResponse error(String value, ErrorReason reason) {
        return GetFlagResponse.newBuilder()
                .setValue(value)
                .setReason(FlagReason.FLAG_REASON_ERROR)
                .setErrorReason(reason.name())
                .build();
    }

    private FlagMessages() {}
}
