package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;

/** Users as the contract writes them. {@link ProductMessages} does the same for products. */
final class UserMessages {

    static CacheValue content(PutCachedUserRequest request) {
        return switch (request.getContentCase()) {
            case JSON -> CacheValue.json(request.getJson());
            case NEGATIVE -> CacheValue.negative(request.getNegative());
            case CONTENT_NOT_SET -> throw CacheValue.missing();
        };
    }

    static GetCachedUserResponse response(CacheResult lookup) {
        GetCachedUserResponse.Builder response = GetCachedUserResponse.newBuilder()
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

    static GetCachedUserResponse failed(ErrorReason reason) {
        return GetCachedUserResponse.newBuilder().setErrorReason(reason.name()).build();
    }

    private UserMessages() {}
}
