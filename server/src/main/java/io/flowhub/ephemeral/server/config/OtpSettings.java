package io.flowhub.ephemeral.server.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How codes are made and guarded.
 *
 * @param ttl how long a code lives
 * @param maxTries how many wrong tries a code stands
 * @param maxFailuresPerHour how many wrong codes of a user are looked at, whatever code he has
 * @param resendCooldown how long after a code the user's next is issued
 * @param pepper null if none is set; never printed
 * @param previousPepper accepted too; null if none is set; never printed
 */
public record OtpSettings(
        int digits,
        Duration ttl,
        int maxTries,
        int maxFailuresPerHour,
        int maxFailuresPerDay,
        Duration resendCooldown,
        int maxSendsPerHour,
        @Nullable String pepper,
        @Nullable String previousPepper) {

    /** The base64 of 24 random bytes, and the hex of 16. */
    static final int MIN_PEPPER_LENGTH = 32;

    @Override
    public String toString() {
        return "OtpSettings[digits=" + digits + ", ttl=" + ttl + ", maxTries=" + maxTries + ", maxFailuresPerHour="
                + maxFailuresPerHour + ", maxFailuresPerDay=" + maxFailuresPerDay + ", resendCooldown="
                + resendCooldown + ", maxSendsPerHour=" + maxSendsPerHour + ", peppers redacted]";
    }
}
