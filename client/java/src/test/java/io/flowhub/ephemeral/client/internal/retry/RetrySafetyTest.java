package io.flowhub.ephemeral.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.client.fixture.GeneratedServices;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every request of every service of the contract. */
@Tag("unit")
class RetrySafetyTest {

    private static final String REQUEST_ID = "7f0c";

    private static final List<Message> ALWAYS = List.of(
            ResetRateRequest.getDefaultInstance(),
            GetSessionFlagRequest.getDefaultInstance(),
            VerifyLoginTokenRequest.getDefaultInstance(),
            GetFlagRequest.getDefaultInstance(),
            BatchGetFlagsRequest.getDefaultInstance(),
            GetBudgetRequest.getDefaultInstance(),
            GetCachedUserRequest.getDefaultInstance(),
            GetCachedProductRequest.getDefaultInstance(),
            BatchGetCachedUsersRequest.getDefaultInstance(),
            BatchGetCachedProductsRequest.getDefaultInstance(),
            EvictCachedUserRequest.getDefaultInstance(),
            EvictCachedProductRequest.getDefaultInstance(),
            HeartbeatRequest.getDefaultInstance(),
            GetPresenceRequest.getDefaultInstance(),
            BatchGetPresenceRequest.getDefaultInstance(),
            ListTypingRequest.getDefaultInstance());

    private static final List<Message> NEVER = List.of(
            BatchCheckRateRequest.newBuilder()
                    .addRequests(CheckRateRequest.newBuilder().setRequestId(REQUEST_ID))
                    .build(),
            RefundRateRequest.getDefaultInstance(),
            RevokeOtpRequest.getDefaultInstance(),
            IssueLoginTokenRequest.getDefaultInstance(),
            SetSessionFlagRequest.getDefaultInstance(),
            ConsumeSessionFlagRequest.newBuilder().setExpectedValue("1").build(),
            ClearSessionFlagRequest.getDefaultInstance(),
            SetFlagRequest.getDefaultInstance(),
            ClearFlagRequest.getDefaultInstance(),
            SetTypingRequest.newBuilder().setTyping(true).build(),
            PublishRequest.getDefaultInstance());

    /** The first is never retried, the second is. */
    private static final Map<Message, Message> DEPENDS = Map.of(
            CheckRateRequest.getDefaultInstance(),
                    CheckRateRequest.newBuilder().setRequestId(REQUEST_ID).build(),
            CheckRateRequest.newBuilder().setHits(1).build(),
                    CheckRateRequest.newBuilder().setHits(0).build(),
            IssueOtpRequest.getDefaultInstance(),
                    IssueOtpRequest.newBuilder().setRequestId(REQUEST_ID).build(),
            VerifyOtpRequest.newBuilder().setChallengeId("c").build(),
                    VerifyOtpRequest.newBuilder().setRequestId(REQUEST_ID).build(),
            ConsumeLoginTokenRequest.newBuilder().setToken("t").build(),
                    ConsumeLoginTokenRequest.newBuilder()
                            .setRequestId(REQUEST_ID)
                            .build(),
            RevokeLoginTokenRequest.getDefaultInstance(),
                    RevokeLoginTokenRequest.newBuilder().setToken("t").build(),
            PutCachedUserRequest.newBuilder().setJson("{}").build(),
                    PutCachedUserRequest.newBuilder()
                            .setJson("{}")
                            .setLease("l")
                            .build(),
            PutCachedProductRequest.newBuilder().setNegative(true).build(),
                    PutCachedProductRequest.newBuilder()
                            .setNegative(true)
                            .setLease("l")
                            .build(),
            SetOfflineRequest.getDefaultInstance(),
                    SetOfflineRequest.newBuilder().setConnectionId("c").build());

    static Stream<Arguments> requests() {
        return Stream.of(
                        ALWAYS.stream().map(request -> arguments(request, true)),
                        NEVER.stream().map(request -> arguments(request, false)),
                        DEPENDS.keySet().stream().map(request -> arguments(request, false)),
                        DEPENDS.values().stream().map(request -> arguments(request, true)))
                .flatMap(rows -> rows);
    }

    @ParameterizedTest
    @MethodSource("requests")
    void requestIsRetriedOnlyIfThatIsSafe(Message request, boolean isSafe) {
        assertThat(RetrySafety.isSafe(request))
                .as(request.getDescriptorForType().getName() + " " + request)
                .isEqualTo(isSafe);
    }

    @Test
    void everyUnaryRpcHasARuleAndARowHere() throws Exception {
        Set<Class<?>> here = requests().map(row -> row.get()[0].getClass()).collect(Collectors.toSet());

        List<Class<?>> ofContract = GeneratedServices.unaryRequests();

        assertThat(ofContract)
                .hasSizeGreaterThanOrEqualTo(35)
                .allMatch(type -> RetrySafety.rules().stream().anyMatch(rule -> rule.requestType() == type));
        assertThat(here).containsExactlyInAnyOrderElementsOf(ofContract);
    }
}
