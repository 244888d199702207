package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.stub.StreamObserver;

/** A budget that is never used: the fake has no Redis. */
final class InMemoryBudget extends BudgetServiceGrpc.BudgetServiceImplBase {

    private static final long MAX_BYTES = 30L << 20;

    private final FakeState state;

    InMemoryBudget(FakeState state) {
        this.state = state;
    }

    @Override
    public void getBudget(GetBudgetRequest request, StreamObserver<GetBudgetResponse> observer) {
        state.answer(
                request,
                observer,
                () -> GetBudgetResponse.newBuilder()
                        .setState(BudgetState.BUDGET_STATE_OK)
                        .setMaxBytes(MAX_BYTES)
                        .setReadTime(TestClock.timestamp(state.clock.now()))
                        .build());
    }
}
