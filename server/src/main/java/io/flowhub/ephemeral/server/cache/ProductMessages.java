package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;

/** Products as the contract writes them. {@link UserMessages} does the same for users. */
final class ProductMessages {

    static CacheValue content(PutCachedProductRequest request) {
        return switch (request.getContentCase()) {
            case JSON -> CacheValue.json(request.getJson());
            case NEGATIVE -> CacheValue.negative(request.getNegative());
            case CONTENT_NOT_SET -> throw CacheValue.missing();
        };
    }

    static GetCachedProductResponse response(CacheResult lookup) {
        GetCachedProductResponse.Builder response = GetCachedProductResponse.newBuilder()
                .setState(lookup.state())
                .setJson(lookup.json())
                .setLease(lookup.lease());
        if (!lookup.isMiss()) {
            response.setAge(ProtoTime.duration(lookup.ageMillis()));
        } else if (lookup.waitMillis() > 0) {
            response.setWait(ProtoTime.duration(lookup.waitMillis()));
        }
        return response.build();
    }

    static GetCachedProductResponse failed(ErrorReason reason) {
        return GetCachedProductResponse.newBuilder()
                .setErrorReason(reason.name())
                .build();
    }

    private ProductMessages() {}
}
