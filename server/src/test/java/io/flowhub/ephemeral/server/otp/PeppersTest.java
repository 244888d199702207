package io.flowhub.ephemeral.server.otp;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.otp.Peppers.Macs;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class PeppersTest {

    private static final String OLD = "old-pepper-old-pepper-old-pepper-old";

    private final Peppers peppers = peppers(OtpCalls.PEPPER, null);

    @Test
    void macDependsOnEveryFieldAndItsBoundaries() {
        Stream<String> macs = Stream.of(
                peppers.ofCode(new OtpScope("ab", "c", "d"), "123456").current(),
                peppers.ofCode(new OtpScope("a", "bc", "d"), "123456").current(),
                peppers.ofCode(new OtpScope("ab", "cd", ""), "123456").current(),
                peppers.ofCode(new OtpScope("ab", "", "cd"), "123456").current(),
                peppers.ofCode(new OtpScope("ab", "c", "d"), "123457").current(),
                peppers.ofIssueRequest(new OtpScope("ab", "c", "d"), "123456").current(),
                attemptMac("ab", "", "123456"),
                attemptMac("ab", "x", "123456"),
                attemptMac("abc", "x", "123456"));
        assertThat(macs.toList())
                .doesNotHaveDuplicates()
                .allMatch(mac -> mac.matches("[\\w-]{43}"))
                .noneMatch(mac -> mac.contains("123456"));
    }

    @Test
    void previousPepperMakesTheSameMacsAsWhenItWasCurrent() {
        OtpScope scope = new OtpScope("ab", "c", "d");
        Macs before = peppers(OLD, null).ofCode(scope, "123456");
        Macs after = peppers(OtpCalls.PEPPER, OLD).ofCode(scope, "123456");
        assertThat(before.previous()).isEmpty();
        assertThat(after.previous()).isEqualTo(before.current());
        assertThat(after.current()).isNotEqualTo(before.current());
    }

    @Test
    void randomPepperIsGeneratedForAnEphemeralRedisOnly() {
        OtpSettings none = settings(null, null);
        assertThat(Peppers.of(none, false)).isEmpty();
        OtpScope scope = new OtpScope("ab", "", "");
        assertThat(Peppers.of(none, true).orElseThrow().ofCode(scope, "123456"))
                .isNotEqualTo(Peppers.of(none, true).orElseThrow().ofCode(scope, "123456"));
    }

    @Test
    void toStringNeverContainsASecret() {
        OtpScope scope = new OtpScope("ab", "c", "session-secret");
        assertThat(List.of(
                        peppers.toString(),
                        settings(OtpCalls.PEPPER, OLD).toString(),
                        scope.toString(),
                        new VerifyAttempt(scope, "123456", "x", "r").toString(),
                        new IssueResult.Issued("x", "123456", 1, 1).toString()))
                .noneMatch(text -> text.contains("pepper-") || text.contains("secret") || text.contains("123456"));
    }

    private String attemptMac(String user, String challenge, String code) {
        return peppers.ofAttempt(new VerifyAttempt(new OtpScope(user, "c", "d"), code, challenge, "r"))
                .current();
    }

    private static Peppers peppers(String pepper, @Nullable String previous) {
        return Peppers.of(settings(pepper, previous), false).orElseThrow();
    }

    private static OtpSettings settings(@Nullable String pepper, @Nullable String previous) {
        return new OtpSettings(6, Duration.ofMinutes(5), 5, 10, 30, Duration.ofSeconds(30), 5, false, pepper, previous);
    }
}
