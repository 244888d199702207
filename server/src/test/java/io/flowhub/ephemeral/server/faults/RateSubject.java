package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.RefundRateResponse;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The fixed window of one user and action. It does not end while it is used. */
final class RateSubject extends Subject<RateSubject.Window> {

    static final String ACTION = "long_window";
    static final int LIMIT = 25;

    private final boolean refunds;

    /** @param refunds whether clients also refund and reset; a denial may then be up to a second old */
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
                return List.of(fits ? consumed : this);
            }
            CheckRateResponse actual = response.get();
            if (!actual.getAllowed()) {
                return lenient || !fits ? List.of(this) : List.of();
            }
            boolean isRight = fits && actual.getRemaining() == Math.max(0, LIMIT - consumed.used);
            return isRight ? List.of(consumed) : List.of();
        }

        List<Window> refund(Optional<RefundRateResponse> response) {
            Window after = new Window(Math.max(0, used - 1), requests, lenient);
            boolean isRight = response.isEmpty() || response.get().getRemaining() == LIMIT - after.used;
            return isRight ? List.of(after) : List.of();
        }

        List<Window> reset(Optional<ResetRateResponse> response) {
            return List.of(new Window(0, requests, lenient));
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
        int choice = refunds ? client.random(16) : 15;
        if (choice == 0) {
            var reset = ResetRateRequest.newBuilder().setUserId(id).setAction(ACTION);
            client.write(history, RateLimitServiceGrpc.getResetRateMethod(), reset.build(), Window::reset);
        } else if (choice < 5) {
            var refund = RefundRateRequest.newBuilder().setUserId(id).setAction(ACTION);
            client.write(history, RateLimitServiceGrpc.getRefundRateMethod(), refund.build(), Window::refund);
        } else {
            int hits = 1 + client.random(2);
            String request = client.random(2) == 0 ? "" : client.newRequestId();
            var check = CheckRateRequest.newBuilder()
                    .setUserId(id)
                    .setAction(ACTION)
                    .setHits(hits)
                    .setRequestId(request);
            client.write(
                    history,
                    RateLimitServiceGrpc.getCheckRateMethod(),
                    check.build(),
                    !request.isEmpty(),
                    (window, response) -> window.check(hits, request, response));
        }
    }
}
