package io.flowhub.ephemeral.server.otp;

import static io.flowhub.ephemeral.server.otp.OtpCalls.verifyRequest;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_INVALID;
import static io.flowhub.ephemeral.v1.VerifyOtpResponse.Result.RESULT_VALID;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Guesses, however many and on whichever users, take no memory of Redis beyond a table of fixed size. */
@Tag("contract")
class GuessingFloodTest {

    private static final int CALLERS = 32;
    private static final int GUESSES_OF_EACH = 625;

    @AutoClose
    private final TestServer server = TestServer.withRedis(OtpCalls.MANY_ISSUES, "redis.timeout: 500ms");

    @AutoClose
    private final Jedis redis = server.redis().jedis();

    private final OtpCalls otp = new OtpCalls(server.channel());

    @Test
    void twentyThousandGuessesAddLessThanHalfAMegabyte() throws Exception {
        String user = UniqueIds.next();
        IssuedOtp issued = otp.issue(user);
        for (int i = 0; i < 20; i++) {
            var unused = resultOf(verifyRequest(user, "000000").setRequestId("warm-up-" + i)); // locks the user
        }
        long keys = redis.dbSize();
        long used = usedMemory();

        int valid = Concurrently.run(CALLERS, caller -> guess(user)).stream()
                .mapToInt(Integer::intValue)
                .sum();

        assertThat(valid).isZero();
        assertThat(redis.dbSize()).isEqualTo(keys);
        assertThat(usedMemory() - used).isLessThan(500_000);
        assertThat(resultOf(verifyRequest(user, issued.getCode()).setChallengeId(issued.getChallengeId())))
                .isEqualTo(RESULT_VALID);
    }

    private int guess(String locked) {
        int valid = 0;
        for (int i = 0; i < GUESSES_OF_EACH; i++) {
            VerifyOtpRequest.Builder guess = verifyRequest(i % 3 == 0 ? locked : UniqueIds.next(), "123456")
                    .setRequestId(UniqueIds.next());
            if (i % 3 == 1) {
                guess.setUserId(locked).setChallengeId("not-the-challenge");
            }
            valid += resultOf(guess) == RESULT_INVALID ? 0 : 1;
        }
        return valid;
    }

    /** Repeats the call while the flood slows the machine so much that Redis does not respond in time. */
    private VerifyOtpResponse.Result resultOf(VerifyOtpRequest.Builder request) {
        return Retry.untilAvailable(Duration.ofMinutes(1), () -> otp.result(request));
    }

    private long usedMemory() {
        Matcher matcher = Pattern.compile("used_memory_dataset:(\\d+)").matcher(redis.info("memory"));
        assertThat(matcher.find()).isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
