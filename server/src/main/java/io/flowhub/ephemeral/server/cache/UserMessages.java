package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.Errors;
import io.flowhub.ephemeral.server.rpc.Times;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;

/** Users as the contract writes them. {@link ProductMessages} does the same for products. */
final class UserMessages {

    static Content content(PutCachedUserRequest request) {
        return switch (request.getContentCase()) {
            case JSON -> Content.json(request.getJson());
            case NEGATIVE -> Content.negative(request.getNegative());
            case CONTENT_NOT_SET -> throw Content.missing();
        };
    }

    static GetCachedUserResponse response(Lookup lookup) {
        GetCachedUserResponse.Builder response = GetCachedUserResponse.newBuilder()
                .setState(lookup.state())
                .setJson(lookup.json())
                .setLease(lookup.lease());
        if (!lookup.isMiss()) {
            response.setAge(Times.duration(lookup.ageMillis()));
        } else if (lookup.waitMillis() > 0) {
            response.setWait(Times.duration(lookup.waitMillis()));
        }
        return response.build();
    }

    static GetCachedUserResponse failed(Throwable failure) {
        return GetCachedUserResponse.newBuilder()
                .setErrorReason(Errors.reason(failure).name())
                .build();
    }

    private UserMessages() {}
}
