package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.rpc.Errors;
import io.flowhub.ephemeral.server.rpc.Times;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;

/** Products as the contract writes them. {@link UserMessages} does the same for users. */
final class ProductMessages {

    static Content content(PutCachedProductRequest request) {
        return switch (request.getContentCase()) {
            case JSON -> Content.json(request.getJson());
            case NEGATIVE -> Content.negative(request.getNegative());
            case CONTENT_NOT_SET -> throw Content.missing();
        };
    }

    static GetCachedProductResponse response(Lookup lookup) {
        GetCachedProductResponse.Builder response = GetCachedProductResponse.newBuilder()
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

    static GetCachedProductResponse failed(Throwable failure) {
        return GetCachedProductResponse.newBuilder()
                .setErrorReason(Errors.reason(failure).name())
                .build();
    }

    private ProductMessages() {}
}
