package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The gRPC service: proto in, proto out. */
final class RlsService extends RateLimitServiceGrpc.RateLimitServiceImplBase {

    private final Supplier<RuleTable> rules;
    private final LimitResolver limits;
    private final RlsStore store;
    private final RlsResponses responses;

    /** @param rules those in force */
    RlsService(Supplier<RuleTable> rules, LimitResolver limits, RlsStore store, RlsResponses responses) {
        this.rules = rules;
        this.limits = limits;
        this.store = store;
        this.responses = responses;
    }

    @Override
    public void shouldRateLimit(RateLimitRequest request, StreamObserver<RateLimitResponse> observer) {
        UnaryCalls.respond(observer, () -> verdicts(request), verdicts -> responses.of(request, verdicts));
    }

    private CompletableFuture<List<Verdict>> verdicts(RateLimitRequest request) {
        RlsRequests.check(request);
        List<DescriptorLimit> resolved = limits.resolve(request, rules.get());
        List<Counted> counters = new ArrayList<>(resolved.size());
        for (int i = 0; i < resolved.size(); i++) {
            if (resolved.get(i) instanceof Counted counted) {
                counters.add(counted);
            }
        }
        return store.count(counters).thenApply(counts -> verdicts(resolved, counts));
    }

    private static List<Verdict> verdicts(List<DescriptorLimit> limits, List<Count> counts) {
        List<Verdict> verdicts = new ArrayList<>(limits.size());
        int next = 0;
        for (int i = 0; i < limits.size(); i++) {
            if (limits.get(i) instanceof Counted counted) {
                Count count = counts.get(next++);
                counted.countMetrics(count);
                verdicts.add(Verdict.of(counted, count));
            } else {
                verdicts.add(Verdict.of(limits.get(i)));
            }
        }
        return verdicts;
    }
}
