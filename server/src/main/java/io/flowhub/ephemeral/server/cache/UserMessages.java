package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;

/** Converts the messages of cached users. {@link ProductMessages} does the same for products. */
final class UserMessages {

    static CacheValue value(PutCachedUserRequest request) {
        return switch (request.getContentCase()) {
            case JSON -> CacheValue.json(request.getJson());
            case NEGATIVE -> CacheValue.negative(request.getNegative());
            case CONTENT_NOT_SET -> throw CacheValue.missing();
        };
    }

    static GetCachedUserResponse response(CacheResult result) {
        GetCachedUserResponse.Builder response = GetCachedUserResponse.newBuilder()
                .setState(CacheMessages.state(result))
                .setJsonBytes(CacheMessages.json(result))
                .setLease(result.lease());
        if (!result.isMiss()) {
            response.setAge(ProtoTime.duration(result.ageMillis()));
        } else if (result.waitMillis() > 0) {
            response.setWait(ProtoTime.duration(result.waitMillis()));
        }
        return response.build();
    }

    static GetCachedUserResponse error(ErrorReason reason) {
        return GetCachedUserResponse.newBuilder().setErrorReason(reason.name()).build();
    }

    private UserMessages() {}
}
