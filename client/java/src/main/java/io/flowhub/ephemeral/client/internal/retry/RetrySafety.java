package io.flowhub.ephemeral.client.internal.retry;

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
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Which requests may be sent again after a failure although the first attempt may have taken effect. Each RPC has a
 * request type of its own, so the type identifies the RPC. {@code docs/guides/java-client.md} contains this table;
 * {@code RetryTableTest} compares them.
 *
 * <p>A retry is safe if it consumes nothing twice, if its response does not turn a success into a denial, and if it cannot
 * undo what another caller did between the two attempts.
 */
final class RetrySafety {

    private static final String READ = "a read changes nothing";
    private static final String LEASED_READ =
            "a read. If the first attempt took the lease, no caller can put the entry until the lease ends";
    private static final String LEASED_PUT =
            "a lease stores one object. If the first attempt stored it, the response is `stored: false`";
    private static final String EVICTION = "costs at most one more load";
    private static final String REPLACES = "could replace or remove a newer value of another call";
    private static final String REQUEST_ID = "with a `request_id`";

    private static final Map<Class<?>, Rule> RULES = new LinkedHashMap<>();

    /**
     * The rule of one RPC.
     *
     * @param condition when a request is retried: `yes`, `no`, or the property that it needs
     * @param reason the text of the table in the guide, without a full stop
     */
    record Rule(Class<?> requestType, String condition, Predicate<Object> isSafe, String reason) {

        String rpc() {
            String name = requestType.getSimpleName();
            return name.substring(0, name.length() - "Request".length());
        }
    }

    static {
        when(
                CheckRateRequest.class,
                "with a `request_id` or `hits: 0`",
                check -> !check.getRequestId().isEmpty() || (check.hasHits() && check.getHits() == 0),
                "hits with a `request_id` are consumed once, and 0 hits consume nothing");
        never(
                BatchCheckRateRequest.class,
                "safe only if every check has a `request_id` or `hits: 0`; the client does not retry it");
        never(RefundRateRequest.class, "would refund twice");
        always(ResetRateRequest.class, "resets at most hits that arrived in between");

        when(
                IssueOtpRequest.class,
                REQUEST_ID,
                issue -> !issue.getRequestId().isEmpty(),
                "makes a new code for the same challenge");
        when(
                VerifyOtpRequest.class,
                REQUEST_ID,
                verify -> !verify.getRequestId().isEmpty(),
                "returns the result of the first attempt");
        never(RevokeOtpRequest.class, REPLACES);

        always(GetSessionFlagRequest.class, READ);
        never(SetSessionFlagRequest.class, REPLACES);
        never(ConsumeSessionFlagRequest.class, "the winner would receive `consumed: false`");
        never(ClearSessionFlagRequest.class, REPLACES);

        never(IssueLoginTokenRequest.class, REPLACES);
        always(VerifyLoginTokenRequest.class, READ);
        when(
                ConsumeLoginTokenRequest.class,
                REQUEST_ID,
                consume -> !consume.getRequestId().isEmpty(),
                "returns the result of the first attempt");
        when(
                RevokeLoginTokenRequest.class,
                "with the token",
                revoke -> !revoke.getToken().isEmpty(),
                "a newer token is another token");

        always(GetFlagRequest.class, READ);
        always(BatchGetFlagsRequest.class, READ);
        never(SetFlagRequest.class, REPLACES);
        never(ClearFlagRequest.class, REPLACES);

        always(GetCachedUserRequest.class, LEASED_READ);
        always(GetCachedProductRequest.class, LEASED_READ);
        always(BatchGetCachedUsersRequest.class, LEASED_READ);
        always(BatchGetCachedProductsRequest.class, LEASED_READ);
        when(PutCachedUserRequest.class, "with a lease", put -> !put.getLease().isEmpty(), LEASED_PUT);
        when(
                PutCachedProductRequest.class,
                "with a lease",
                put -> !put.getLease().isEmpty(),
                LEASED_PUT);
        always(EvictCachedUserRequest.class, EVICTION);
        always(EvictCachedProductRequest.class, EVICTION);

        always(
                HeartbeatRequest.class,
                "extends again. If the first attempt arrived, the response is `came_online: false`; watches report the change");
        always(GetPresenceRequest.class, READ);
        always(BatchGetPresenceRequest.class, READ);
        when(
                SetOfflineRequest.class,
                "with a `connection_id`",
                offline -> !offline.getConnectionId().isEmpty(),
                "without one it could disconnect a user after a reconnect");

        never(SetTypingRequest.class, "could undo a newer call; a lost one is corrected within 3 s");
        always(ListTypingRequest.class, READ);
        never(PublishRequest.class, "would be delivered twice");
        always(GetBudgetRequest.class, READ);
    }

    /** False for a request type without a rule. */
    static boolean isSafe(Object request) {
        Rule rule = RULES.get(request.getClass());
        return rule != null && rule.isSafe().test(request);
    }

    /** All rules, in the order of the guide. */
    static Collection<Rule> rules() {
        return Collections.unmodifiableCollection(RULES.values());
    }

    private static void always(Class<?> type, String reason) {
        RULES.put(type, new Rule(type, "yes", request -> true, reason));
    }

    private static void never(Class<?> type, String reason) {
        RULES.put(type, new Rule(type, "no", request -> false, reason));
    }

    private static <Q> void when(Class<Q> type, String condition, Predicate<Q> isSafe, String reason) {
        RULES.put(type, new Rule(type, condition, request -> isSafe.test(type.cast(request)), reason));
    }

    private RetrySafety() {}
}
