package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;

/** Converts the messages of cached products. {@link UserMessages} does the same for users. */
final class ProductMessages {

    static CacheValue value(PutCachedProductRequest request) {
        return switch (request.getContentCase()) {
            case JSON -> CacheValue.json(request.getJson());
            case NEGATIVE -> CacheValue.negative(request.getNegative());
            case CONTENT_NOT_SET -> throw CacheValue.missing();
        };
    }

    static GetCachedProductResponse response(CacheResult result) {
        GetCachedProductResponse.Builder response = GetCachedProductResponse.newBuilder()
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

    static GetCachedProductResponse error(ErrorReason reason) {
        return GetCachedProductResponse.newBuilder()
                .setErrorReason(reason.name())
                .build();
    }

    private ProductMessages() {}
}
