package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.otp.Peppers.Macs;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.secret.RandomText;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rules of one-time passwords: what is asked of Redis, and in which order. */
final class OtpStore {

    private static final int CHALLENGE_BYTES = 16;

    private static final Script ISSUE = Script.load("otp/issue");
    private static final Script VERIFY = Script.load("otp/verify");
    private static final Script SET_OTP_VALID = Script.load("otp/set_otp_valid");
    private static final Script GET_OTP_VALID_EXPIRY = Script.load("otp/get_otp_valid_expiry");
    private static final Script REVOKE = Script.load("otp/revoke");

    private final RedisClient redis;
    private final Peppers peppers;
    private final OtpCodes codes;
    private final String terms;

    OtpStore(OtpSettings settings, Peppers peppers, RedisClient redis) {
        this.redis = redis;
        this.peppers = peppers;
        this.codes = new OtpCodes(settings.digits());
        this.terms = String.join(
                ":",
                Long.toString(settings.ttl().toMillis()),
                Integer.toString(settings.maxAttempts()),
                Integer.toString(settings.maxFailedAttemptsPerHour()),
                Integer.toString(settings.maxFailedAttemptsPerDay()),
                Long.toString(settings.resendCooldown().toMillis()),
                Integer.toString(settings.maxIssuesPerHour()));
    }

    /** How many digits a code has. */
    int digits() {
        return codes.digits();
    }

    CompletableFuture<IssueResult> issue(OtpScope claim, String requestId) {
        String code = codes.next();
        Macs request = peppers.issue(claim, requestId);
        List<String> args = List.of(
                terms,
                peppers.code(claim, code).current(),
                RandomText.of(CHALLENGE_BYTES),
                request.current(),
                request.previous());
        return redis.call(new Operation<>(
                ISSUE, List.of(claim.key(), claim.guardKey()), args, reply -> IssueResult.of(reply, code)));
    }

    CompletableFuture<VerifyResult> verify(VerifyAttempt submission) {
        OtpScope claim = submission.claim();
        boolean together = redis.sameSlot(claim.key(), claim.markerKey());
        CompletableFuture<VerifyResult> verdict = redis.call(look(submission, together));
        return together
                ? verdict
                : verdict.thenCompose(
                        said -> said.valid() ? mark(claim, said) : CompletableFuture.completedFuture(said));
    }

    private Operation<VerifyResult> look(VerifyAttempt submission, boolean together) {
        OtpScope claim = submission.claim();
        String requestId = submission.requestId();
        Macs code = peppers.code(claim, submission.code());
        Macs whole = peppers.submission(submission);
        List<String> keys = List.of(
                claim.key(),
                claim.guardKey(),
                requestId.isEmpty() ? Operation.noKey(claim.key()) : claim.resultKey(requestId),
                together ? claim.markerKey() : Operation.noKey(claim.key()));
        List<String> args = List.of(
                terms,
                submission.challengeId(),
                OtpValidFlag.of(claim.sessionBinding()),
                code.current(),
                code.previous(),
                whole.current(),
                whole.previous());
        return new Operation<>(VERIFY, keys, args, VerifyResult::of);
    }

    /**
     * The second step on a Cluster, where code and flag live in two slots. The code is used up already: if this fails,
     * the call fails, nobody is told that the code was right, and the user needs a new one. A repetition sets no flag, it
     * only looks whether there is one.
     */
    private CompletableFuture<VerifyResult> mark(OtpScope claim, VerifyResult verdict) {
        List<String> args = List.of(OtpValidFlag.of(claim.sessionBinding()));
        return redis.callUncancellable(new Operation<>(
                verdict.repeated() ? GET_OTP_VALID_EXPIRY : SET_OTP_VALID,
                List.of(claim.markerKey()),
                args,
                reply -> verdict.withExpireMillis(reply.number(0)))); // second half of a two-step write
    }

    /** Returns whether there was a code. */
    CompletableFuture<Boolean> revoke(OtpScope claim) {
        return redis.call(new Operation<>(REVOKE, List.of(claim.key()), List.of(), reply -> reply.number(0) == 1));
    }
}
