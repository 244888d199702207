package io.flowhub.ephemeral.server.flag;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc.FeatureFlagServiceBlockingStub;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetFlagResponse;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Calls of feature flags for tests. */
record FeatureFlagCalls(Channel channel) {

    static GetFlagRequest query(String feature, String user) {
        return GetFlagRequest.newBuilder().setFeature(feature).setUserId(user).build();
    }

    static GetFlagRequest query(String feature, String user, String defaultValue) {
        return query(feature, user).toBuilder().setDefaultValue(defaultValue).build();
    }

    /** The response for a feature flag that could not be read. */
    static GetFlagResponse error(String value, String reason) {
        var response = GetFlagResponse.newBuilder().setValue(value).setErrorReason(reason);
        return response.setReason(FlagReason.FLAG_REASON_ERROR).build();
    }

    /** The response for a feature flag that is not set. */
    static GetFlagResponse unset(String value) {
        var response = GetFlagResponse.newBuilder().setValue(value);
        return response.setReason(FlagReason.FLAG_REASON_DEFAULT).build();
    }

    private FeatureFlagServiceBlockingStub stub() {
        return FeatureFlagServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    SetFlagResponse set(String feature, String user, String value) {
        var request = SetFlagRequest.newBuilder().setFeature(feature).setUserId(user);
        return stub().setFlag(request.setValue(value).build());
    }

    SetFlagResponse set(String feature, String user, String value, long seconds, int nanos) {
        var ttl = Duration.newBuilder().setSeconds(seconds).setNanos(nanos);
        var request = SetFlagRequest.newBuilder().setFeature(feature).setUserId(user);
        return stub().setFlag(request.setValue(value).setTtl(ttl).build());
    }

    GetFlagResponse get(String feature, String user) {
        return stub().getFlag(query(feature, user));
    }

    GetFlagResponse get(String feature, String user, String defaultValue) {
        return stub().getFlag(query(feature, user, defaultValue));
    }

    List<GetFlagResponse> getAll(GetFlagRequest... queries) {
        return getAll(List.of(queries));
    }

    List<GetFlagResponse> getAll(List<GetFlagRequest> queries) {
        var request = BatchGetFlagsRequest.newBuilder().addAllRequests(queries);
        return stub().batchGetFlags(request.build()).getResultsList();
    }

    boolean clear(String feature, String user) {
        var request = ClearFlagRequest.newBuilder().setFeature(feature).setUserId(user);
        return stub().clearFlag(request.build()).getCleared();
    }
}
