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
record FeatureFlagCalls(FeatureFlagServiceBlockingStub stub) {

    static FeatureFlagCalls on(Channel channel) {
        return new FeatureFlagCalls(FeatureFlagServiceGrpc.newBlockingStub(channel));
    }

    static GetFlagRequest query(String feature, String user) {
        return GetFlagRequest.newBuilder().setFeature(feature).setUserId(user).build();
    }

    static GetFlagRequest query(String feature, String user, String defaultValue) {
        return query(feature, user).toBuilder().setDefaultValue(defaultValue).build();
    }

    /** The response for a feature flag that could not be read. */
    static GetFlagResponse error(String value, String reason) {
        return GetFlagResponse.newBuilder()
                .setValue(value)
                .setReason(FlagReason.FLAG_REASON_ERROR)
                .setErrorReason(reason)
                .build();
    }

    /** The response for a feature flag that is not set. */
    static GetFlagResponse unset(String value) {
        return GetFlagResponse.newBuilder()
                .setValue(value)
                .setReason(FlagReason.FLAG_REASON_DEFAULT)
                .build();
    }

    private FeatureFlagServiceBlockingStub calls() {
        return stub.withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    SetFlagResponse set(String feature, String user, String value) {
        return calls().setFlag(SetFlagRequest.newBuilder()
                .setFeature(feature)
                .setUserId(user)
                .setValue(value)
                .build());
    }

    SetFlagResponse set(String feature, String user, String value, long seconds, int nanos) {
        return calls().setFlag(SetFlagRequest.newBuilder()
                .setFeature(feature)
                .setUserId(user)
                .setValue(value)
                .setTtl(Duration.newBuilder().setSeconds(seconds).setNanos(nanos))
                .build());
    }

    GetFlagResponse get(GetFlagRequest query) {
        return calls().getFlag(query);
    }

    List<GetFlagResponse> getAll(List<GetFlagRequest> queries) {
        return calls().batchGetFlags(BatchGetFlagsRequest.newBuilder()
                        .addAllRequests(queries)
                        .build())
                .getResultsList();
    }

    boolean clear(String feature, String user) {
        return calls().clearFlag(ClearFlagRequest.newBuilder()
                        .setFeature(feature)
                        .setUserId(user)
                        .build())
                .getCleared();
    }
}
