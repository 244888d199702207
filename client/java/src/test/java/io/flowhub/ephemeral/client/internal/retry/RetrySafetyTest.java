package io.flowhub.ephemeral.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.flowhub.ephemeral.client.fixture.GeneratedServices;
import java.util.List;
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

    private static final String RETRIED = """
            BatchGetCachedProducts
            BatchGetCachedUsers
            BatchGetFlags
            BatchGetPresence
            CheckRate request_id: '7f0c'
            CheckRate hits: 0
            ConsumeLoginToken request_id: '7f0c'
            EvictCachedProduct
            EvictCachedUser
            GetBudget
            GetCachedProduct
            GetCachedUser
            GetFlag
            GetPresence
            GetSessionFlag
            Heartbeat
            IssueOtp request_id: '7f0c'
            ListTyping
            PutCachedProduct negative: true lease: 'l'
            PutCachedUser json: '{}' lease: 'l'
            ResetRate
            RevokeLoginToken token: 't'
            SetOffline connection_id: 'c'
            VerifyLoginToken
            VerifyOtp request_id: '7f0c'
            """;

    private static final String NOT_RETRIED = """
            BatchCheckRate requests { request_id: '7f0c' }
            CheckRate
            CheckRate hits: 1
            ClearFlag
            ClearSessionFlag
            ConsumeLoginToken token: 't'
            ConsumeSessionFlag expected_value: '1'
            IssueLoginToken
            IssueOtp
            Publish
            PutCachedProduct negative: true
            PutCachedUser json: '{}'
            RefundRate
            RevokeLoginToken
            RevokeOtp
            SetFlag
            SetOffline
            SetSessionFlag
            SetTyping typing: true
            VerifyOtp challenge_id: 'c'
            """;

    static Stream<Arguments> requests() {
        return Stream.concat(
                RETRIED.lines().map(line -> arguments(parse(line), true)),
                NOT_RETRIED.lines().map(line -> arguments(parse(line), false)));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void requestIsRetriedOnlyIfThatIsSafe(Message request, boolean isSafe) {
        assertThat(RetrySafety.isSafe(request))
                .as(request.getDescriptorForType().getName() + " " + request)
                .isEqualTo(isSafe);
    }

    @Test
    void everyUnaryRpcHasARuleAndARowHere() {
        Set<Class<?>> here = requests().map(row -> row.get()[0].getClass()).collect(Collectors.toSet());

        List<Class<?>> ofContract = GeneratedServices.unaryRequests();

        assertThat(ofContract)
                .hasSizeGreaterThanOrEqualTo(35)
                .allMatch(type -> RetrySafety.rules().stream().anyMatch(rule -> rule.requestType() == type));
        assertThat(here).containsExactlyInAnyOrderElementsOf(ofContract);
    }

    /** The name of an RPC, then the fields of its request in the text format of protobuf. */
    private static Message parse(String line) {
        String[] rpcAndFields = (line + " ").split(" ", 2);
        try {
            Class<?> type = Class.forName("io.flowhub.ephemeral.v1." + rpcAndFields[0] + "Request");
            return TextFormat.parse(rpcAndFields[1], type.asSubclass(Message.class));
        } catch (ReflectiveOperationException | TextFormat.ParseException e) {
            throw new IllegalArgumentException(line, e);
        }
    }
}
