package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.secret.Hmac;
import io.flowhub.ephemeral.server.secret.RandomText;
import java.util.Optional;

/**
 * The secret keys of the MACs that Redis stores. Without a pepper, a reader of Redis finds a code of six digits in a
 * million trials. Two peppers are accepted, so that one can replace the other while codes are active.
 */
final class Peppers {

    private static final int RANDOM_BYTES = 32;

    private final Hmac current;
    private final Hmac previous;

    /**
     * A MAC under the current pepper, which is stored, and under the previous pepper, which is accepted: empty if there is
     * only one pepper.
     */
    record Macs(String current, String previous) {

        static final Macs NONE = new Macs("", "");
    }

    /**
     * Returns the configured peppers. Without any, returns a random one if Redis is ephemeral, else empty.
     *
     * @param ephemeralRedis whether Redis ends with this process, and holds no code of another server
     */
    static Optional<Peppers> of(OtpSettings settings, boolean ephemeralRedis) {
        String pepper = settings.pepper();
        if (pepper != null) {
            String previous = settings.previousPepper();
            return Optional.of(new Peppers(pepper, previous == null ? pepper : previous));
        }
        if (!ephemeralRedis) {
            return Optional.empty();
        }
        String random = RandomText.of(RANDOM_BYTES);
        return Optional.of(new Peppers(random, random));
    }

    private Peppers(String current, String previous) {
        this.current = new Hmac(current);
        this.previous = previous.equals(current) ? this.current : new Hmac(previous);
    }

    /** Returns the MACs of a code in its scope. */
    Macs ofCode(OtpScope scope, String code) {
        return macs("code", scope.userId(), scope.purpose(), scope.sessionBinding(), code);
    }

    /** Returns the MACs that identify an issue request, or {@link Macs#NONE} if it has no id. */
    Macs ofIssueRequest(OtpScope scope, String requestId) {
        return requestId.isEmpty()
                ? Macs.NONE
                : macs("issue", scope.userId(), scope.purpose(), scope.sessionBinding(), requestId);
    }

    /** Returns the MACs that identify an attempt by all its fields, or {@link Macs#NONE} if it has no request id. */
    Macs ofAttempt(VerifyAttempt attempt) {
        OtpScope scope = attempt.scope();
        return attempt.requestId().isEmpty()
                ? Macs.NONE
                : macs(
                        "attempt",
                        scope.userId(),
                        scope.purpose(),
                        scope.sessionBinding(),
                        attempt.challengeId(),
                        attempt.code());
    }

    private Macs macs(String... fields) {
        String mac = current.of(fields);
        return new Macs(mac, previous == current ? "" : previous.of(fields));
    }

    @Override
    public String toString() {
        return "Peppers[redacted]";
    }
}
