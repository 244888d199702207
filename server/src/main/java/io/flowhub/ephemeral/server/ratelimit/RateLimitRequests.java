package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Validates requests and converts them to checks. Fails with {@link InvalidFieldException} or for an unknown action. */
final class RateLimitRequests {

    private static final int MAX_CHECKS = 100;

    private final Function<String, CompiledPolicy> policies;

    /** @param policies the policy of an action; throws if the action has none */
    RateLimitRequests(Function<String, CompiledPolicy> policies) {
        this.policies = policies;
    }

    RateCheck check(CheckRateRequest request) {
        return check("", request);
    }

    List<RateCheck> checks(BatchCheckRateRequest request) {
        int count = request.getRequestsCount();
        ValueValidator.checkSize("requests", count, MAX_CHECKS, "checks");
        List<RateCheck> checks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            checks.add(check("requests[" + i + "].", request.getRequests(i)));
        }
        return checks;
    }

    RateCheck refund(RefundRateRequest request) {
        int hits = request.hasHits() ? hits("hits", request.getHits(), 1) : 1;
        return check("", request.getUserId(), request.getAction(), hits, "");
    }

    /** The key of the counter to remove. */
    static String reset(ResetRateRequest request) {
        IdValidator.check("user_id", request.getUserId());
        IdValidator.check("action", request.getAction());
        return RateLimitKeys.counter(request.getUserId(), request.getAction());
    }

    static boolean isAllOrNothing(BatchCheckRateRequest request) {
        return switch (request.getMode()) {
            case BATCH_MODE_ALL_OR_NOTHING -> true;
            case BATCH_MODE_UNSPECIFIED, BATCH_MODE_INDEPENDENT -> false;
            case UNRECOGNIZED ->
                throw new InvalidFieldException(
                        "mode",
                        request.getModeValue(),
                        BatchMode.BATCH_MODE_INDEPENDENT + " or " + BatchMode.BATCH_MODE_ALL_OR_NOTHING);
        };
    }

    /** @param path prefix of the field names in an error */
    private RateCheck check(String path, CheckRateRequest request) {
        int hits = request.hasHits() ? hits(path + "hits", request.getHits(), 0) : 1;
        return check(path, request.getUserId(), request.getAction(), hits, request.getRequestId());
    }

    private RateCheck check(String path, String userId, String action, int hits, String requestId) {
        IdValidator.check(path, "user_id", userId);
        IdValidator.check(path, "action", action);
        if (!requestId.isEmpty()) {
            IdValidator.check(path, "request_id", requestId);
        }
        return new RateCheck(RateLimitKeys.counter(userId, action), policies.apply(action), hits, requestId);
    }

    private static int hits(String field, int hits, int min) {
        if (hits < min || hits > Policy.MAX_LIMIT) {
            throw new InvalidFieldException(field, hits, min + " to " + Policy.MAX_LIMIT);
        }
        return hits;
    }
}
