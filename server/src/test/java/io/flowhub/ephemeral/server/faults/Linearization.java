package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.faults.History.Call;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The search for an order of concurrent calls that a sequential model explains: each call takes effect at one moment
 * between its start and its end (J. Wing, C. Gong: Testing and Verifying Concurrent Objects, 1993). A call with an
 * unknown outcome has no end, and may be left out. Sets of calls and state that led nowhere are not tried again (G. Lowe:
 * Testing for Linearizability, 2017).
 */
final class Linearization<S> {

    private static final int MOST_NODES = 1_000_000;

    private final List<Call<S>> calls;
    private final Set<Node<S>> seen = new HashSet<>();

    enum Verdict {
        EXPLAINED,
        NOT_EXPLAINED,
        TOO_LARGE
    }

    private record Node<S>(long placed, S state) {}

    static <S> Verdict search(S initial, List<Call<S>> calls) {
        if (calls.size() > Long.SIZE) {
            return Verdict.TOO_LARGE;
        }
        Linearization<S> search = new Linearization<>(calls);
        if (search.isExplainedFrom(0, initial)) {
            return Verdict.EXPLAINED;
        }
        return search.seen.size() > MOST_NODES ? Verdict.TOO_LARGE : Verdict.NOT_EXPLAINED;
    }

    private Linearization(List<Call<S>> calls) {
        this.calls = calls;
    }

    private boolean isExplainedFrom(long placed, S state) {
        long firstEnd = firstEndOfTheOthers(placed);
        if (firstEnd == Long.MAX_VALUE) {
            return true; // what is left has an unknown outcome, and may not have run
        }
        if (seen.size() > MOST_NODES || !seen.add(new Node<>(placed, state))) {
            return false;
        }
        for (int i = 0; i < calls.size(); i++) {
            Call<S> call = calls.get(i);
            boolean mayBeNext = (placed & 1L << i) == 0 && call.start() <= firstEnd;
            if (!mayBeNext) {
                continue;
            }
            for (S next : call.step().apply(state)) {
                boolean hadNoEffect = call.isUnknown() && next.equals(state);
                if (!hadNoEffect && isExplainedFrom(placed | 1L << i, next)) {
                    return true;
                }
            }
        }
        return false;
    }

    private long firstEndOfTheOthers(long placed) {
        long first = Long.MAX_VALUE;
        for (int i = 0; i < calls.size(); i++) {
            if ((placed & 1L << i) == 0) {
                first = Math.min(first, calls.get(i).end());
            }
        }
        return first;
    }
}
