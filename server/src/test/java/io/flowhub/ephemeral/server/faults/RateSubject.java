package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The fixed window of one user and action, which outlives the clients. */
final class RateSubject extends Subject<RateSubject.Window> {

    static final String ACTION = "long_window";
    static final int LIMIT = 12;

    private final String user = UniqueIds.next();
    private final boolean refunds;

    /** @param refunds whether clients also refund hits; a denial may then be up to a second old */
    RateSubject(boolean refunds) {
        super(new Window(0, Set.of(), refunds));
        this.refunds = refunds;
    }

    /**
     * @param requests which consumed their hits
     * @param lenient whether a denial may be that of an earlier moment
     */
    record Window(int used, Set<String> requests, boolean lenient) {

        List<Window> check(int hits, String request, Optional<CheckRateResponse> response) {
            boolean repeats = requests.contains(request);
            boolean fits = repeats || used + hits <= LIMIT;
            Window consumed = repeats ? this : consume(hits, request);
            if (response.isEmpty() || response.get().getDegraded()) {
                return fits ? List.of(consumed) : List.of(this);
            }
            CheckRateResponse actual = response.get();
            if (!actual.getAllowed()) {
                return lenient || !fits ? List.of(this) : List.of();
            }
            boolean isRight = fits && actual.getRemaining() == Math.max(0, LIMIT - consumed.used);
            return isRight ? List.of(consumed) : List.of();
        }

        List<Window> refund(int hits, Optional<RefundRateResponse> response) {
            Window after = new Window(Math.max(0, used - hits), requests, lenient);
            boolean isRight = response.isEmpty() || response.get().getRemaining() == LIMIT - after.used;
            return isRight ? List.of(after) : List.of();
        }

        private Window consume(int hits, String request) {
            if (request.isEmpty()) {
                return new Window(used + hits, requests, lenient);
            }
            Set<String> more = new TreeSet<>(requests);
            more.add(request);
            return new Window(used + hits, more, lenient);
        }
    }

    @Override
    void act(Client client) {
        if (refunds && client.random(4) == 0) {
            var refund = RefundRateRequest.newBuilder()
                    .setUserId(user)
                    .setAction(ACTION)
                    .build();
            var unused = client.write(
                    history,
                    RateLimitServiceGrpc.getRefundRateMethod(),
                    refund,
                    (window, response) -> window.refund(1, response));
            return;
        }
        int hits = 1 + client.random(2);
        String request = client.random(2) == 0 ? "" : "r" + client.random(1000);
        var check = CheckRateRequest.newBuilder()
                .setUserId(user)
                .setAction(ACTION)
                .setHits(hits)
                .setRequestId(request)
                .build();
        var response = client.write(
                history,
                RateLimitServiceGrpc.getCheckRateMethod(),
                check,
                (window, decision) -> window.check(hits, request, decision));
        boolean repeats = !request.isEmpty() && (response.isEmpty() || client.random(4) == 0);
        if (repeats) {
            response = client.retry(
                    history,
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    check,
                    (window, decision) -> window.check(hits, request, decision));
        }
    }
}
