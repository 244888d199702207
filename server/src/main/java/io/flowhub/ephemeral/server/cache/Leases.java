package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.secret.RandomText;
import java.util.regex.Pattern;

/** Leases: 128 random bits each, so none is ever given out twice, on whichever servers they are made. */
final class Leases {

    private static final int BYTES = 16;

    /** Wider than what is made now: another version may make others. */
    private static final Pattern SHAPE = Pattern.compile("[A-Za-z0-9_-]{0,64}");

    static String next() {
        return RandomText.of(BYTES);
    }

    /** Returns the lease if it may be one, or is empty. */
    static String check(String lease) {
        if (!SHAPE.matcher(lease).matches()) {
            throw InvalidFieldException.redacted("lease", "a lease as it was given out, or nothing");
        }
        return lease;
    }

    private Leases() {}
}
