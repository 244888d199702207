package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;

/** One user's login attempts. */
final class Requests {

    static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("alice")
            .setAction("login_attempts")
            .build();
    static final CheckRateRequest NAMED_CHECK =
            CHECK.toBuilder().setRequestId("7f0c").build();
    static final CheckRateRequest LOOK = CHECK.toBuilder().setHits(0).build();
    static final BatchCheckRateRequest BATCH =
            BatchCheckRateRequest.newBuilder().addRequests(NAMED_CHECK).build();
    static final RefundRateRequest REFUND = RefundRateRequest.newBuilder()
            .setUserId("alice")
            .setAction("login_attempts")
            .build();
    static final ResetRateRequest RESET = ResetRateRequest.newBuilder()
            .setUserId("alice")
            .setAction("login_attempts")
            .build();

    private Requests() {}
}
