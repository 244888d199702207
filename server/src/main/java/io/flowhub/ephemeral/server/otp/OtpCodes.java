package io.flowhub.ephemeral.server.otp;

import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** Generates codes of a fixed number of decimal digits, uniformly distributed. */
final class OtpCodes {

    private static final SecureRandom SHARED = new SecureRandom();

    private final RandomGenerator random;
    private final int digits;
    private final long count;

    OtpCodes(int digits) {
        this(digits, SHARED);
    }

    OtpCodes(int digits, RandomGenerator random) {
        this.random = random;
        this.digits = digits;
        this.count = Math.round(Math.pow(10, digits));
    }

    int digits() {
        return digits;
    }

    String next() {
        return Long.toString(count + random.nextLong(count)).substring(1); // keeps leading zeros
    }
}
