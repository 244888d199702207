package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.issueRequest;
import static io.flowhub.ephemeral.server.otp.OtpCalls.otherCode;
import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.common.base.Throwables;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** No secret is in Redis, in a log or in a status. Codes have ten digits, so that none occurs by chance. */
@Tag("contract")
class OtpSecrecyTest {

    private static final String BINDING = "session-cookie-of-a-user";

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.flowhub");

    @AutoClose
    private final CapturedLog log = CapturedLog.of("io.flowhub");

    private final String user = UniqueIds.next();
    private final List<String> secrets = new ArrayList<>(List.of(OtpCalls.PEPPER, BINDING));
    private final List<String> statuses = new ArrayList<>();

    @Test
    void noCodeBindingOrPepperIsInRedisALogOrAStatus() throws Exception {
        logger.setLevel(Level.TRACE);
        try (TestServer server = TestServer.withRedis(OtpCalls.MANY_ISSUES, "otp.digits: 10")) {
            RedisProcess redis = server.redis();
            OtpCalls otp = new OtpCalls(server.channel());
            IssueOtpRequest.Builder request = issueRequest(user)
                    .setPurpose("login")
                    .setSessionBinding(BINDING)
                    .setRequestId("issue");
            VerifyOtpRequest.Builder first = right(otp.issue(request));
            VerifyOtpRequest.Builder second = right(otp.issue(request));
            VerifyOtpRequest.Builder wrong =
                    first.clone().setCode(otherCode(second.getCode())).setRequestId("wrong");
            otp.verify(wrong);
            otp.verify(wrong.clone().setChallengeId("other").setRequestId("other"));
            secrets.add(wrong.getCode());
            assertThat(otp.result(second)).isEqualTo(Result.RESULT_VALID);
            VerifyOtpRequest.Builder live = right(otp.issue(request));

            try (Jedis jedis = redis.jedis()) {
                List<String> contents = contentsOf(jedis);
                assertThat(contents).hasSizeGreaterThan(6);
                assertNoSecretIn(contents);
                jedis.set("otp:" + user, "of another type", new SetParams().px(60_000));
            }
            String tooLong = BINDING.repeat(11);
            collectStatus(() -> otp.verify(live));
            collectStatus(() -> otp.tryIssue(request));
            collectStatus(() -> otp.verify(live.clone().setCode(live.getCode() + "0")));
            collectStatus(() -> otp.verify(live.clone().setSessionBinding(tooLong)));
            collectStatus(() -> otp.tryIssue(request.clone().setSessionBinding(tooLong)));
            redis.kill();
            collectStatus(() -> otp.verify(live));
            collectStatus(() -> otp.tryIssue(request));
        } finally {
            logger.setLevel(Level.INFO);
        }
        assertThat(statuses).hasSize(7);
        assertNoSecretIn(statuses);
        assertThat(log.messages()).as("log events of these calls").isNotEmpty();
        assertNoSecretIn(log.messages());
        assertNoSecretIn(
                log.thrown().stream().map(Throwables::getStackTraceAsString).toList());
    }

    private VerifyOtpRequest.Builder right(IssuedOtp issued) {
        secrets.add(issued.getCode());
        return verifyRequest(user, issued.getCode())
                .setPurpose("login")
                .setSessionBinding(BINDING)
                .setRequestId("right");
    }

    private void collectStatus(ThrowingCallable call) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
        statuses.add(e + " " + e.getTrailers() + " " + StatusProto.fromThrowable(e));
    }

    private void assertNoSecretIn(List<String> texts) {
        assertThat(texts).noneMatch(text -> secrets.stream().anyMatch(text::contains));
    }

    private static List<String> contentsOf(Jedis jedis) {
        return jedis.keys("*").stream()
                .flatMap(key -> Stream.of(
                        key, jedis.type(key).equals("hash") ? jedis.hgetAll(key).toString() : jedis.get(key)))
                .toList();
    }
}
