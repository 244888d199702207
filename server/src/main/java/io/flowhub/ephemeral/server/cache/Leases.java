package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.secret.RandomText;
import java.util.regex.Pattern;

/** Generates and checks leases. A lease has 128 random bits, so no two servers generate the same one. */
final class Leases {

    private static final int BYTES = 16;

    /** Wider than what {@link #generate} returns: another version of the server may generate other leases. */
    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_-]{0,64}");

    static String generate() {
        return RandomText.of(BYTES);
    }

    /** Returns the lease if it is well formed or empty. */
    static String check(String lease) {
        if (!PATTERN.matcher(lease).matches()) {
            throw InvalidFieldException.redacted("lease", "a lease as returned by a read, or empty");
        }
        return lease;
    }

    private Leases() {}
}
