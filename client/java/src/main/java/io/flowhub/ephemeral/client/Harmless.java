package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersRequest;
import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.BatchGetPresenceRequest;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.ClearFlagRequest;
import io.flowhub.ephemeral.v1.ClearSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.EvictCachedUserRequest;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.GetSessionFlagRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.RevokeLoginTokenRequest;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.SetFlagRequest;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.VerifyLoginTokenRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Which requests may be sent again although the first may have taken effect. By the request's type, for each RPC has
 * its own.
 *
 * <p>A repetition is harmless if it takes nothing twice, if its answer does not turn a success into a denial, and if it
 * cannot undo what somebody else did between the two.
 */
final class Harmless {

    private static final Map<Class<?>, Predicate<Object>> DECISIONS = new HashMap<>();

    static {
        // Looks change nothing.
        always(GetSessionFlagRequest.class);
        always(VerifyLoginTokenRequest.class);
        always(GetFlagRequest.class);
        always(BatchGetFlagsRequest.class);
        always(GetBudgetRequest.class);
        always(GetPresenceRequest.class);
        always(BatchGetPresenceRequest.class);
        always(ListTypingRequest.class);

        // Charged once with a request_id, and a look without hits. A batch could have request_ids in some checks only.
        when(
                CheckRateRequest.class,
                check -> !check.getRequestId().isEmpty() || (check.hasHits() && check.getHits() == 0));
        never(BatchCheckRateRequest.class);
        never(RefundRateRequest.class); // Would give back twice.
        always(ResetRateRequest.class); // Forgets at most what was counted meanwhile, and to forget is what was asked.

        // One code, one verdict, one winner: told again to who sends the same request_id.
        when(IssueOtpRequest.class, issue -> !issue.getRequestId().isEmpty());
        when(VerifyOtpRequest.class, verify -> !verify.getRequestId().isEmpty());
        when(ConsumeLoginTokenRequest.class, consume -> !consume.getRequestId().isEmpty());
        never(ConsumeSessionFlagRequest.class); // The winner would be told that he lost.

        // Could end or replace the newer code, token or flag of another call. A token that is named is no other.
        never(RevokeOtpRequest.class);
        never(IssueLoginTokenRequest.class);
        when(RevokeLoginTokenRequest.class, revoke -> !revoke.getToken().isEmpty());
        never(SetSessionFlagRequest.class);
        never(ClearSessionFlagRequest.class);
        never(SetFlagRequest.class);
        never(ClearFlagRequest.class);

        // If the first got the lease, nobody fills the entry until the lease ends, whether or not it is repeated.
        always(GetCachedUserRequest.class);
        always(GetCachedProductRequest.class);
        always(BatchGetCachedUsersRequest.class);
        always(BatchGetCachedProductsRequest.class);

        // A lease fills once; the second is told `stored: false`. Without one, what was evicted would come back.
        when(PutCachedUserRequest.class, put -> !put.getLease().isEmpty());
        when(PutCachedProductRequest.class, put -> !put.getLease().isEmpty());

        // Costs a newer entry or lease at most, and so one more load.
        always(EvictCachedUserRequest.class);
        always(EvictCachedProductRequest.class);

        // The next one comes in 3 seconds anyway. Who came online may not be told so; who has to know watches.
        always(HeartbeatRequest.class);

        // A user without a connection may be back since. A connection that has ended is named by nobody else.
        when(SetOfflineRequest.class, offline -> !offline.getConnectionId().isEmpty());

        never(SetTypingRequest.class); // Could undo the next one, and what is lost mends itself within 3 seconds.
        never(PublishRequest.class); // Would be heard twice.
    }

    /** False for what is not decided. */
    static boolean isHarmless(Object request) {
        Predicate<Object> decision = DECISIONS.get(request.getClass());
        return decision != null && decision.test(request);
    }

    /** Whether somebody thought about it. */
    static boolean isDecided(Class<?> requestType) {
        return DECISIONS.containsKey(requestType);
    }

    private static void always(Class<?> type) {
        DECISIONS.put(type, request -> true);
    }

    private static void never(Class<?> type) {
        DECISIONS.put(type, request -> false);
    }

    private static <Q> void when(Class<Q> type, Predicate<Q> condition) {
        DECISIONS.put(type, request -> condition.test(type.cast(request)));
    }

    private Harmless() {}
}
