package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How codes are generated, and how guessing is limited.
 *
 * @param ttl lifetime of a code
 * @param maxAttempts failed attempts per code
 * @param maxFailedAttemptsPerHour failed attempts per user, over all codes
 * @param maxFailedAttemptsPerDay failed attempts per user in 24 hours, over all codes
 * @param resendCooldown time between two codes of a user
 * @param maxIssuesPerHour codes issued per user and hour
 * @param requireChallenge whether an attempt needs a challenge id
 * @param pepper null if unset; never printed
 * @param previousPepper accepted as well; null if unset; never printed
 */
record OtpSettings(
        int digits,
        Duration ttl,
        int maxAttempts,
        int maxFailedAttemptsPerHour,
        int maxFailedAttemptsPerDay,
        Duration resendCooldown,
        int maxIssuesPerHour,
        boolean requireChallenge,
        @Nullable String pepper,
        @Nullable String previousPepper) {

    static final SettingsGroup<OtpSettings> GROUP = SettingsGroup.of("otp", OtpSettings::read, OtpSettings::check);

    private static final Setting<Integer> DIGITS =
            GROUP.setting("digits", Parsers.integer(6, 10), "6", "number of digits of a code");
    private static final Setting<Duration> TTL =
            GROUP.setting("ttl", Parsers.duration("30s", "10m"), "300s", "lifetime of a code, at most 10m");
    private static final Setting<Integer> MAX_ATTEMPTS = GROUP.setting(
            "max_attempts",
            Parsers.integer(1, 10),
            "5",
            "failed attempts after which a code is invalid, with and without its challenge_id");
    private static final Setting<Integer> MAX_FAILED_ATTEMPTS_PER_HOUR = GROUP.setting(
            "max_failed_attempts_per_hour",
            Parsers.integer(1, 100),
            "10",
            "failed attempts per user and hour, over all codes, with and without a challenge_id; then locked");
    private static final Setting<Integer> MAX_FAILED_ATTEMPTS_PER_DAY = GROUP.setting(
            "max_failed_attempts_per_day",
            Parsers.integer(1, 100),
            "30",
            "failed attempts per user in 24 hours, over all codes, with and without a challenge_id; then locked");
    private static final Setting<Duration> RESEND_COOLDOWN =
            GROUP.setting("resend_cooldown", Parsers.duration("0s", "10m"), "30s", "time between two codes of a user");
    private static final Setting<Integer> MAX_ISSUES_PER_HOUR =
            GROUP.setting("max_issues_per_hour", Parsers.integer(1, 100), "5", "codes issued per user and hour");
    private static final Setting<Boolean> REQUIRE_CHALLENGE = GROUP.setting(
            "require_challenge",
            Parsers.bool(),
            "false",
            "whether VerifyOtp without a challenge_id is rejected; set it once every caller passes one");
    private static final Setting<String> PEPPER = GROUP.secret(
            "pepper",
            "key of the HMAC under which codes are stored, 32 characters or more, the same on all servers; without it, and"
                    + " with an external Redis, one-time passwords are disabled");
    private static final Setting<String> PREVIOUS_PEPPER =
            GROUP.secret("previous_pepper", "accepted as well, while otp.pepper is replaced");

    /** The length of 24 random bytes in base64, and of 16 in hex. */
    private static final int MIN_PEPPER_LENGTH = 32;

    private static OtpSettings read(SettingReader reader) {
        return new OtpSettings(
                reader.get(DIGITS),
                reader.get(TTL),
                reader.get(MAX_ATTEMPTS),
                reader.get(MAX_FAILED_ATTEMPTS_PER_HOUR),
                reader.get(MAX_FAILED_ATTEMPTS_PER_DAY),
                reader.get(RESEND_COOLDOWN),
                reader.get(MAX_ISSUES_PER_HOUR),
                reader.get(REQUIRE_CHALLENGE),
                reader.find(PEPPER),
                reader.find(PREVIOUS_PEPPER));
    }

    private static void check(SettingReader reader, Problems problems) {
        for (Setting<String> setting : List.of(PEPPER, PREVIOUS_PEPPER)) {
            String pepper = reader.find(setting);
            if (pepper != null && pepper.length() < MIN_PEPPER_LENGTH) {
                problems.add(setting.name() + ": too short (expected: " + MIN_PEPPER_LENGTH
                        + " characters or more, for example from `openssl rand -base64 32`)");
            }
        }
        if (reader.find(PEPPER) == null && reader.find(PREVIOUS_PEPPER) != null) {
            problems.add("otp.previous_pepper: needs otp.pepper, which is not set");
        }
    }

    @Override
    public String toString() {
        return "OtpSettings[digits=" + digits + ", ttl=" + ttl + ", maxAttempts=" + maxAttempts
                + ", maxFailedAttemptsPerHour=" + maxFailedAttemptsPerHour + ", maxFailedAttemptsPerDay="
                + maxFailedAttemptsPerDay + ", resendCooldown=" + resendCooldown + ", maxIssuesPerHour="
                + maxIssuesPerHour + ", requireChallenge=" + requireChallenge + ", peppers redacted]";
    }
}
