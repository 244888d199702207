package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OtpSettingsTest {

    private static final String PEPPER = "swordfish-swordfish-swordfish-sw";

    @TempDir
    Path folder;

    @Test
    void defaultsAreTheSafeNumbersAndNoPepper() throws ConfigException {
        assertThat(Given.nothing().settings().otp())
                .isEqualTo(new OtpSettings(6, Duration.ofMinutes(5), 5, 10, 30, Duration.ofSeconds(30), 5, null, null));
    }

    @ParameterizedTest
    @CsvSource({
        "digits, 5, 6 to 10",
        "digits, 11, 6 to 10",
        "ttl, 29s, 30s to 10m",
        "ttl, 11m, 30s to 10m",
        "max_tries, 0, 1 to 10",
        "max_tries, 11, 1 to 10",
        "max_failures_per_hour, 0, 1 to 100",
        "max_failures_per_hour, 101, 1 to 100",
        "max_failures_per_day, 0, 1 to 100",
        "max_failures_per_day, 101, 1 to 100",
        "resend_cooldown, 11m, 0s to 10m",
        "max_sends_per_hour, 0, 1 to 100",
        "max_sends_per_hour, 101, 1 to 100",
    })
    void valueOutsideOfSafeBoundsIsRefused(String setting, String value, String expected) {
        assertThat(Given.yaml(folder, "otp: {" + setting + ": " + value + "}").refusal())
                .isEqualTo("otp." + setting + ": " + value + " (expected: " + expected + "), from "
                        + folder.resolve("ephemeral.yaml"));
    }

    @Test
    void peppersAreUsedAndNeverPrinted() throws Exception {
        Path mounted = Files.writeString(folder.resolve("pepper"), PEPPER + "-previous\n");
        Configuration loaded = Given.env("EPHEMERAL_OTP_PEPPER", PEPPER)
                .andEnv("EPHEMERAL_OTP_PREVIOUS_PEPPER_FILE", mounted.toString())
                .load();

        assertThat(loaded.settings().otp().pepper()).isEqualTo(PEPPER);
        assertThat(loaded.settings().otp().previousPepper()).isEqualTo(PEPPER + "-previous");
        assertThat(loaded.describe())
                .doesNotContain("swordfish")
                .contains("# otp.pepper: (redacted)", "# otp.previous_pepper: (redacted)");
        assertThat(loaded.settings().toString()).doesNotContain("swordfish");
    }

    @ParameterizedTest
    @ValueSource(strings = {"EPHEMERAL_OTP_PEPPER", "EPHEMERAL_OTP_PREVIOUS_PEPPER"})
    void shortPepperIsRefusedAndNotRepeated(String variable) {
        assertThat(Given.env("EPHEMERAL_OTP_PEPPER", PEPPER)
                        .andEnv(variable, PEPPER.substring(1))
                        .refusal())
                .contains(": too short (expected: 32 characters or more", "openssl rand -base64 32")
                .doesNotContain("swordfish");
    }

    @Test
    void previousPepperAloneIsRefused() {
        assertThat(Given.env("EPHEMERAL_OTP_PREVIOUS_PEPPER", PEPPER).refusal())
                .isEqualTo("otp.previous_pepper: needs otp.pepper, which is not set");
    }
}
