package io.flowhub.ephemeral.server.otp;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.ConfigBuilder;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Configuration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class OtpSettingsTest {

    private static final String PEPPER = "swordfish-swordfish-swordfish-sw";

    @TempDir
    Path folder;

    @Test
    void defaultsAreSafeLimitsAndNoPepper() throws ConfigException {
        assertThat(ConfigBuilder.empty().settings().get(OtpSettings.GROUP))
                .isEqualTo(new OtpSettings(
                        6, Duration.ofMinutes(5), 5, 10, 30, Duration.ofSeconds(30), 5, false, null, null));
    }

    @ParameterizedTest
    @CsvSource({
        "digits, 5, 6 to 10",
        "digits, 11, 6 to 10",
        "ttl, 29s, 30s to 10m",
        "ttl, 11m, 30s to 10m",
        "max_attempts, 0, 1 to 10",
        "max_attempts, 11, 1 to 10",
        "max_failed_attempts_per_hour, 0, 1 to 100",
        "max_failed_attempts_per_hour, 101, 1 to 100",
        "max_failed_attempts_per_day, 0, 1 to 100",
        "max_failed_attempts_per_day, 101, 1 to 100",
        "resend_cooldown, 11m, 0s to 10m",
        "max_issues_per_hour, 0, 1 to 100",
        "max_issues_per_hour, 101, 1 to 100",
    })
    void valueOutsideOfSafeBoundsIsRejected(String setting, String value, String expected) {
        assertThat(ConfigBuilder.yaml(folder, "otp: {" + setting + ": " + value + "}")
                        .rejection())
                .isEqualTo("otp." + setting + ": " + value + " (expected: " + expected + "), from "
                        + folder.resolve("ephemeral.yaml"));
    }

    @Test
    void peppersAreUsedAndNeverPrinted() throws Exception {
        Path mounted = Files.writeString(folder.resolve("pepper"), PEPPER + "-previous\n");
        Configuration loaded = ConfigBuilder.env("EPHEMERAL_OTP_PEPPER", PEPPER)
                .withEnv("EPHEMERAL_OTP_PREVIOUS_PEPPER_FILE", mounted.toString())
                .load();

        assertThat(loaded.settings().get(OtpSettings.GROUP).pepper()).isEqualTo(PEPPER);
        assertThat(loaded.settings().get(OtpSettings.GROUP).previousPepper()).isEqualTo(PEPPER + "-previous");
        assertThat(loaded.describe())
                .doesNotContain("swordfish")
                .contains("# otp.pepper: (redacted)", "# otp.previous_pepper: (redacted)");
        assertThat(loaded.settings().toString()).doesNotContain("swordfish");
    }

    @ParameterizedTest
    @ValueSource(strings = {"EPHEMERAL_OTP_PEPPER", "EPHEMERAL_OTP_PREVIOUS_PEPPER"})
    void shortPepperIsRejectedAndNotEchoed(String variable) {
        assertThat(ConfigBuilder.env("EPHEMERAL_OTP_PEPPER", PEPPER)
                        .withEnv(variable, PEPPER.substring(1))
                        .rejection())
                .contains(": too short (expected: 32 characters or more", "openssl rand -base64 32")
                .doesNotContain("swordfish");
    }

    @Test
    void previousPepperAloneIsRejected() {
        assertThat(ConfigBuilder.env("EPHEMERAL_OTP_PREVIOUS_PEPPER", PEPPER).rejection())
                .isEqualTo("otp.previous_pepper: needs otp.pepper, which is not set");
    }
}
