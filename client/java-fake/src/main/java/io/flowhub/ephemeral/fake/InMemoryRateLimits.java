package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.fake.ExpiringMap.Entry;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Rate limits with fixed windows. */
final class InMemoryRateLimits extends RateLimitServiceGrpc.RateLimitServiceImplBase {

    private static final int MAX_HITS = 1_000_000;
    private static final int MAX_CHECKS = 100;
    private static final String ANY_ACTION = "*";

    private final FakeState state;
    private final Map<String, Policy> policies = new HashMap<>(Map.of(
            "login_attempts",
            new Policy(5, Duration.ofMinutes(1)),
            "api_hits",
            new Policy(100, Duration.ofMinutes(1))));
    private final ExpiringMap<LimitKey, Window> windows;

    InMemoryRateLimits(FakeState state) {
        this.state = state;
        this.windows = new ExpiringMap<>(state.clock);
    }

    void setPolicy(String action, int limit, Duration window) {
        policies.put(action, new Policy(limit, window));
    }

    @Override
    public void checkRate(CheckRateRequest request, StreamObserver<CheckRateResponse> observer) {
        state.answer(request, observer, () -> check(request));
    }

    @Override
    public void batchCheckRate(BatchCheckRateRequest request, StreamObserver<BatchCheckRateResponse> observer) {
        state.answer(request, observer, () -> checkAll(request));
    }

    @Override
    public void refundRate(RefundRateRequest request, StreamObserver<RefundRateResponse> observer) {
        state.answer(request, observer, () -> {
            Policy policy = policy(request.getAction());
            int hits = hits(request.hasHits() ? request.getHits() : 1, 1);
            Optional<Window> window = windows.get(new LimitKey(request.getUserId(), request.getAction()));
            window.ifPresent(counted -> counted.used = Math.max(0, counted.used - hits));
            return RefundRateResponse.newBuilder()
                    .setRemaining(
                            policy.limit - window.map(counted -> counted.used).orElse(0))
                    .build();
        });
    }

    @Override
    public void resetRate(ResetRateRequest request, StreamObserver<ResetRateResponse> observer) {
        state.answer(request, observer, () -> {
            Policy policy = policy(request.getAction());
            windows.remove(new LimitKey(request.getUserId(), request.getAction()));
            return ResetRateResponse.newBuilder().setRemaining(policy.limit).build();
        });
    }

    private CheckRateResponse check(CheckRateRequest request) {
        Policy policy = policy(request.getAction());
        int hits = hits(request.hasHits() ? request.getHits() : 1, 0);
        LimitKey key = new LimitKey(request.getUserId(), request.getAction());
        Optional<Entry<Window>> present = windows.find(key);
        int used = present.map(entry -> entry.value().used).orElse(0);
        boolean isRetry = !request.getRequestId().isEmpty()
                && present.filter(entry -> entry.value().requestIds.contains(request.getRequestId()))
                        .isPresent();
        boolean isAllowed = isRetry || used + Math.max(hits, 1) <= policy.limit;
        if (isAllowed && !isRetry && hits > 0) {
            Entry<Window> entry = present.orElseGet(() -> windows.put(key, new Window(), policy.window));
            entry.value().used += hits;
            if (!request.getRequestId().isEmpty()) {
                entry.value().requestIds.add(request.getRequestId());
            }
            present = Optional.of(entry);
            used = entry.value().used;
        }
        return response(policy, isAllowed, hits, used, present);
    }

    private CheckRateResponse response(
            Policy policy, boolean isAllowed, int hits, int used, Optional<Entry<Window>> present) {
        CheckRateResponse.Builder response = CheckRateResponse.newBuilder()
                .setAllowed(isAllowed)
                .setLimit(policy.limit)
                .setRemaining(policy.limit - used);
        present.ifPresent(entry -> {
            response.setResetAfter(state.clock.until(entry.expiry()));
            if (!isAllowed && hits <= policy.limit) {
                response.setRetryAfter(state.clock.until(entry.expiry()));
            }
        });
        return response.build();
    }

    private BatchCheckRateResponse checkAll(BatchCheckRateRequest batch) {
        List<CheckRateRequest> requests = batch.getRequestsList();
        if (requests.isEmpty() || requests.size() > MAX_CHECKS) {
            throw FakeErrors.invalid("requests", "1 to " + MAX_CHECKS, Integer.toString(requests.size()));
        }
        requests.forEach(request -> policy(request.getAction())); // Before anything is consumed.
        List<CheckRateResponse> results = new ArrayList<>();
        requests.forEach(request -> results.add(check(request)));
        boolean isAllowed = results.stream().allMatch(CheckRateResponse::getAllowed);
        if (!isAllowed && batch.getMode() == BatchMode.BATCH_MODE_ALL_OR_NOTHING) {
            for (int i = 0; i < results.size(); i++) {
                if (results.get(i).getAllowed()) {
                    undo(requests.get(i));
                }
            }
            for (int i = 0; i < results.size(); i++) {
                CheckRateResponse now = check(
                        requests.get(i).toBuilder().setHits(0).clearRequestId().build());
                results.set(
                        i,
                        results.get(i).toBuilder()
                                .setRemaining(now.getRemaining())
                                .build());
            }
        }
        return BatchCheckRateResponse.newBuilder()
                .setAllowed(isAllowed)
                .addAllResults(results)
                .build();
    }

    private void undo(CheckRateRequest request) {
        windows.get(new LimitKey(request.getUserId(), request.getAction())).ifPresent(window -> {
            window.used = Math.max(0, window.used - (request.hasHits() ? request.getHits() : 1));
            window.requestIds.remove(request.getRequestId());
        });
    }

    private Policy policy(String action) {
        Policy policy = policies.getOrDefault(action, policies.get(ANY_ACTION));
        if (policy == null) {
            throw FakeErrors.unknownAction(action);
        }
        return policy;
    }

    private static int hits(int hits, int min) {
        if (hits < min || hits > MAX_HITS) {
            throw FakeErrors.invalid("hits", min + " to " + MAX_HITS, Integer.toString(hits));
        }
        return hits;
    }

    private record Policy(int limit, Duration window) {}

    private record LimitKey(String userId, String action) {}

    private static final class Window {
        private final Set<String> requestIds = new HashSet<>();
        private int used;
    }
}
