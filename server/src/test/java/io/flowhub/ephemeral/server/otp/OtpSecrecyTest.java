package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.code;
import static io.flowhub.ephemeral.server.otp.OtpCalls.issue;
import static io.flowhub.ephemeral.server.otp.OtpCalls.notThe;
import static io.flowhub.ephemeral.server.otp.OtpCalls.wish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** What must not be found: in Redis, in logs, in statuses. Ten digits, so that none is found by chance. */
class OtpSecrecyTest {

    private static final String BINDING = "session-cookie-of-somebody";

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.flowhub");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final String user = UniqueIds.next();
    private final List<String> secrets = new ArrayList<>(List.of(OtpCalls.PEPPER, BINDING));
    private final List<String> statuses = new ArrayList<>();

    @BeforeEach
    void logEverything() {
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.TRACE);
    }

    @AfterEach
    void logAsBefore() {
        logger.setLevel(Level.INFO);
        logger.detachAppender(log);
    }

    @Test
    void neitherRedisNorLogsNorStatusesHoldCodeBindingOrPepper() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), OtpCalls.ROOMY, "otp.digits: 10")) {
            OtpServiceBlockingStub otp = OtpCalls.on(server.channel());
            IssueOtpRequest wish = wish(user).toBuilder()
                    .setPurpose("login")
                    .setSessionBinding(BINDING)
                    .setRequestId("issue")
                    .build();
            VerifyOtpRequest right = right(issue(otp, wish));
            IssuedOtp again = issue(otp, wish);
            VerifyOtpRequest wrong = right.toBuilder()
                    .setCode(notThe(again.getCode()))
                    .setRequestId("wrong")
                    .build();
            otp.verifyOtp(wrong);
            otp.verifyOtp(wrong.toBuilder()
                    .setChallengeId("other")
                    .setRequestId("other")
                    .build());
            secrets.add(wrong.getCode());
            assertThat(otp.verifyOtp(right(again)).getResult()).isEqualTo(Result.RESULT_VALID);
            VerifyOtpRequest live = right(issue(otp, wish));

            try (Jedis jedis = redis.jedis()) {
                List<String> held = everythingIn(jedis);
                assertThat(held).hasSizeGreaterThan(6);
                assertNoSecretIn(held);
                jedis.del("otp:" + user);
                jedis.set(
                        "otp:" + user, "of another type", SetParams.setParams().px(60_000));
            }
            refused(() -> otp.verifyOtp(live));
            refused(() -> otp.issueOtp(wish));
            refused(() ->
                    otp.verifyOtp(live.toBuilder().setCode(live.getCode() + "0").build()));
            refused(() -> otp.verifyOtp(
                    live.toBuilder().setSessionBinding(BINDING.repeat(11)).build()));
            refused(() -> otp.issueOtp(
                    wish.toBuilder().setSessionBinding(BINDING.repeat(11)).build()));
            redis.kill();
            refused(() -> otp.verifyOtp(live));
            refused(() -> otp.issueOtp(wish));
        }
        assertThat(statuses).hasSize(7);
        assertNoSecretIn(statuses);
        assertThat(log.list).as("of all that happened something was logged").isNotEmpty();
        assertNoSecretIn(log.list.stream()
                .map(event -> event.getFormattedMessage() + ThrowableProxyUtil.asString(event.getThrowableProxy()))
                .toList());
    }

    private VerifyOtpRequest right(IssuedOtp issued) {
        secrets.add(issued.getCode());
        return code(user, issued.getCode()).toBuilder()
                .setPurpose("login")
                .setSessionBinding(BINDING)
                .setRequestId("right")
                .build();
    }

    private void refused(ThrowingCallable call) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call);
        statuses.add(e + " " + e.getTrailers() + " " + StatusProto.fromThrowable(e));
    }

    private void assertNoSecretIn(List<String> texts) {
        assertThat(texts).noneMatch(text -> secrets.stream().anyMatch(text::contains));
    }

    private static List<String> everythingIn(Jedis jedis) {
        List<String> held = new ArrayList<>();
        for (String key : jedis.keys("*")) {
            held.add(key);
            if (jedis.type(key).equals("hash")) {
                held.addAll(jedis.hgetAll(key).values());
            } else {
                held.add(jedis.get(key));
            }
        }
        return held;
    }
}
