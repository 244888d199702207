package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.secret.Hmac;
import io.flowhub.ephemeral.server.secret.RandomText;
import java.util.Optional;

/**
 * The secrets that Redis does not know. Without one, whoever reads Redis finds a code of six digits by trying a million.
 * Two are accepted, so that one can replace the other while codes live.
 */
final class Peppers {

    private static final int RANDOM_BYTES = 32;

    private final Hmac current;
    private final Hmac previous;

    /**
     * A MAC under the current pepper, which is stored, and under the previous one, which is accepted. They are the same if
     * there is only one pepper.
     */
    record Macs(String current, String previous) {

        static final Macs NONE = new Macs("", "");
    }

    /**
     * Those that are set; else a random one if Redis ends with this process, and nobody else's codes are in it; else
     * none.
     */
    static Optional<Peppers> of(OtpSettings settings, boolean redisEndsWithUs) {
        String pepper = settings.pepper();
        String previous = settings.previousPepper();
        if (pepper != null) {
            return Optional.of(new Peppers(pepper, previous == null ? pepper : previous));
        }
        String random = RandomText.of(RANDOM_BYTES);
        return redisEndsWithUs ? Optional.of(new Peppers(random, random)) : Optional.empty();
    }

    private Peppers(String current, String previous) {
        this.current = new Hmac(current);
        this.previous = previous.equals(current) ? this.current : new Hmac(previous);
    }

    /** Of a code: good for this claim only. */
    Macs code(OtpScope claim, String code) {
        return macs("code", claim.userId(), claim.purpose(), claim.sessionBinding(), code);
    }

    /** Of the wish for a code, by which a repetition is known. */
    Macs issue(OtpScope claim, String requestId) {
        return requestId.isEmpty()
                ? Macs.NONE
                : macs("issue", claim.userId(), claim.purpose(), claim.sessionBinding(), requestId);
    }

    /** Of everything in a submission, by which a repetition is known. */
    Macs submission(VerifyAttempt submission) {
        OtpScope claim = submission.claim();
        return submission.requestId().isEmpty()
                ? Macs.NONE
                : macs(
                        "submission",
                        claim.userId(),
                        claim.purpose(),
                        claim.sessionBinding(),
                        submission.challengeId(),
                        submission.code());
    }

    private Macs macs(String... fields) {
        String mac = current.of(fields);
        return new Macs(mac, previous == current ? mac : previous.of(fields));
    }

    @Override
    public String toString() {
        return "Peppers[redacted]";
    }
}
