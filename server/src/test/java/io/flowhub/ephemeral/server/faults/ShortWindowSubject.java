package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

/** Windows of a second that follow each other: how many hits pass in any span of time. */
final class ShortWindowSubject extends Subject<ShortWindowSubject.Anything> {

    static final int LIMIT = 5;

    /** The window, less what the clock of Redis and the one here may differ within a window. */
    static final long WINDOW = 990_000_000;

    private final Algorithm algorithm;
    private final List<Hit> hits = new CopyOnWriteArrayList<>();

    /** The algorithms, each with the action that has it. */
    enum Algorithm {
        FIXED_WINDOW,
        SLIDING_WINDOW,
        TOKEN_BUCKET;

        String action() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The most hits that pass within so many nanoseconds. */
        long most(long nanos) {
            return this == TOKEN_BUCKET
                    ? LIMIT + 1 + nanos * LIMIT / WINDOW
                    : LIMIT * (nanos / WINDOW + 2); // counts of whole windows, of which the first and the last overlap
        }
    }

    /** A call that passed, at a time in between, and what it left. */
    record Hit(long start, long end, int remaining) {}

    /** There is no sequential model: time decides. */
    record Anything() {}

    ShortWindowSubject() {
        super(new Anything());
        Algorithm[] all = Algorithm.values();
        algorithm = all[ThreadLocalRandom.current().nextInt(all.length)];
    }

    @Override
    void act(Client client) {
        var request = CheckRateRequest.newBuilder().setUserId(id).setAction(algorithm.action());
        long start = System.nanoTime();
        client.write(
                        history,
                        RateLimitServiceGrpc.getCheckRateMethod(),
                        request.build(),
                        (state, response) -> List.of(state))
                .filter(CheckRateResponse::getAllowed)
                .ifPresent(response -> hits.add(new Hit(start, System.nanoTime(), response.getRemaining())));
    }

    @Override
    Linearization.Verdict check(long lostAt) {
        List<Hit> certain = hits.stream().filter(hit -> hit.end <= lostAt).toList();
        return fits(algorithm, certain) ? Linearization.Verdict.EXPLAINED : Linearization.Verdict.NOT_EXPLAINED;
    }

    static boolean fits(Algorithm algorithm, List<Hit> hits) {
        for (Hit first : hits) {
            for (Hit last : hits) {
                long span = last.end - first.start;
                long passed = hits.stream()
                        .filter(hit -> hit.start >= first.start && hit.end <= last.end)
                        .count();
                boolean begins = first.remaining == LIMIT - 1 && last.remaining == LIMIT - 1;
                boolean isTooEarly = !first.equals(last) && begins && span >= 0 && span < WINDOW;
                if (passed > algorithm.most(Math.max(0, span)) || (algorithm == Algorithm.FIXED_WINDOW && isTooEarly)) {
                    return false;
                }
            }
        }
        return true;
    }
}
