package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.KindUsage;
import io.grpc.stub.StreamObserver;

/** The gRPC service of the budget. */
final class BudgetService extends BudgetServiceGrpc.BudgetServiceImplBase {

    private final BudgetStore budget;

    BudgetService(BudgetStore budget) {
        this.budget = budget;
    }

    @Override
    public void getBudget(GetBudgetRequest request, StreamObserver<GetBudgetResponse> observer) {
        UnaryCalls.respond(observer, budget::usage, BudgetService::response);
    }

    private static GetBudgetResponse response(BudgetUsage usage) {
        GetBudgetResponse.Builder response = GetBudgetResponse.newBuilder()
                .setState(state(usage.level()))
                .setUsedBytes(usage.usedBytes())
                .setMaxBytes(usage.maxBytes())
                .setKeys(usage.estimate().keys())
                .setSampledKeys((int) usage.estimate().sampled())
                .setReadTime(ProtoTime.timestamp(usage.readMillis()));
        usage.estimate().kinds().forEach(kind -> response.addKinds(kindUsage(kind)));
        return response.build();
    }

    private static KindUsage kindUsage(KindEstimate kind) {
        return KindUsage.newBuilder()
                .setKind(kind.kind())
                .setKeys(kind.keys())
                .setBytes(kind.bytes())
                .setKeysError(kind.keysError())
                .setBytesError(kind.bytesError())
                .build();
    }

    private static BudgetState state(MemoryLevel level) {
        return switch (level) {
            case UNKNOWN -> BudgetState.BUDGET_STATE_UNKNOWN;
            case OK -> BudgetState.BUDGET_STATE_OK;
            case WARN -> BudgetState.BUDGET_STATE_WARN;
            case FULL -> BudgetState.BUDGET_STATE_FULL;
        };
    }
}
