package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Checks of a batch whose keys share a slot, so that one script consumes the hits of all or of none. */
record CheckGroup(List<IndexedCheck> checks) {

    private static final Script CHECK_ALL = Script.load("ratelimit/check_all");

    /** The values per check in the reply: those of a decision, and whether the hits were consumed. */
    private static final int REPLY_VALUES = Decision.REPLY_VALUES + 1;

    /** @param index of the check in the batch, from 0 */
    record IndexedCheck(int index, RateCheck check) {}

    /** @param consumed whether this script call consumed the hits, so that a rollback must subtract them */
    record Outcome(IndexedCheck of, Decision decision, boolean consumed) {}

    Operation<List<Outcome>> operation() {
        List<String> keys = new ArrayList<>();
        List<String> requestKeys = new ArrayList<>();
        List<String> args = new ArrayList<>();
        for (IndexedCheck indexed : checks) {
            RateCheck check = indexed.check();
            keys.add(check.key());
            args.add(check.scriptArg());
            if (check.isIdempotent()) {
                requestKeys.add(check.requestKey());
            }
            int requestIndex = check.isIdempotent() ? checks.size() + requestKeys.size() : 0;
            args.add(Integer.toString(requestIndex));
        }
        keys.addAll(requestKeys);
        return new Operation<>(CHECK_ALL, keys, args, this::outcomes);
    }

    private List<Outcome> outcomes(Reply reply) {
        return IntStream.range(0, checks.size())
                .mapToObj(i -> outcome(checks.get(i), reply, i * REPLY_VALUES))
                .toList();
    }

    private static Outcome outcome(IndexedCheck indexed, Reply reply, int from) {
        Decision decision = Decision.fromReply(indexed.check().policy(), reply, from);
        return new Outcome(indexed, decision, reply.number(from + Decision.REPLY_VALUES) == 1);
    }
}
