package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.otp.Peppers.Macs;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.secret.RandomText;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One-time passwords in Redis: codes, the counters of attempts and issues, and the otp_valid flag. */
final class OtpStore {

    private static final int CHALLENGE_BYTES = 16;

    /** The users that share an entry get the same estimate. */
    private static final int ESTIMATES = 8_192;

    /** The size of an entry, as in {@code otp/lib/estimate.lua}. */
    private static final int ESTIMATE_BYTES = 46;

    private static final Script ISSUE = Script.load("otp/issue_otp");
    private static final Script VERIFY = Script.load("otp/verify_otp");
    private static final Script REVOKE = Script.load("otp/revoke_otp");
    private static final Script SET_OTP_VALID = Script.load("otp/set_otp_valid");
    private static final Script GET_OTP_VALID_EXPIRY = Script.load("otp/get_otp_valid_expiry");

    private final RedisClient redis;
    private final Peppers peppers;
    private final OtpCodes codes;
    private final String limits;
    private final boolean requireChallenge;

    OtpStore(OtpSettings settings, Peppers peppers, RedisClient redis) {
        this.redis = redis;
        this.peppers = peppers;
        this.codes = new OtpCodes(settings.digits());
        this.limits = limits(settings);
        this.requireChallenge = settings.requireChallenge();
    }

    /** The number of digits of a code. */
    int digits() {
        return codes.digits();
    }

    /** Whether an attempt needs a challenge id. */
    boolean requireChallenge() {
        return requireChallenge;
    }

    /** @param requestId empty for a request that cannot be retried */
    CompletableFuture<IssueResult> issue(OtpScope scope, String requestId) {
        String code = codes.next();
        Macs request = peppers.ofIssueRequest(scope, requestId);
        List<String> keys = List.of(scope.codeKey(), scope.guardKey());
        List<String> args = List.of(
                limits,
                peppers.ofCode(scope, code).current(),
                RandomText.of(CHALLENGE_BYTES),
                request.current(),
                request.previous());
        return redis.call(new Operation<>(ISSUE, keys, args, reply -> IssueResult.of(reply, code)));
    }

    /** On a Cluster, where the code and the otp_valid flag have two slots, this takes two steps. */
    CompletableFuture<VerifyResult> verify(VerifyAttempt attempt) {
        OtpScope scope = attempt.scope();
        if (redis.sameSlot(scope.codeKey(), scope.otpValidFlagKey())) {
            return redis.call(verification(attempt, scope.otpValidFlagKey()));
        }
        return redis.call(verification(attempt, Operation.noKey(scope.codeKey())))
                .thenCompose(result -> result instanceof VerifyResult.Valid valid
                        ? withFlag(valid, scope)
                        : CompletableFuture.completedFuture(result));
    }

    private Operation<VerifyResult> verification(VerifyAttempt attempt, String otpValidFlagKey) {
        OtpScope scope = attempt.scope();
        String requestId = attempt.requestId();
        Macs code = peppers.ofCode(scope, attempt.code());
        Macs request = peppers.ofAttempt(attempt);
        List<String> keys = List.of(
                scope.codeKey(),
                scope.guardKey(),
                requestId.isEmpty() ? Operation.noKey(scope.codeKey()) : scope.resultKey(requestId),
                otpValidFlagKey,
                OtpKeys.failures(redis.tagOfSlot(scope.codeKey())));
        int estimates = redis.isCluster() ? 1 : ESTIMATES; // on a Cluster there is a table per slot
        int estimate = Math.floorMod(scope.userId().hashCode(), estimates) * ESTIMATE_BYTES;
        List<String> args = List.of(
                limits,
                attempt.challengeId(),
                OtpValidFlag.value(scope.sessionBinding()),
                code.current(),
                code.previous(),
                request.current(),
                request.previous(),
                Integer.toString(estimate),
                Integer.toString(estimate + ESTIMATE_BYTES - 1),
                Integer.toString(estimates * ESTIMATE_BYTES));
        return new Operation<>(VERIFY, keys, args, VerifyResult::of);
    }

    /**
     * The second of two steps, after the code was consumed. It cannot be cancelled. If it fails, the call fails and the
     * user needs a new code. For a retry it sets no flag, and only reads whether there is one.
     */
    private CompletableFuture<VerifyResult> withFlag(VerifyResult.Valid valid, OtpScope scope) {
        return redis.callUncancellable(new Operation<>(
                valid.repeated() ? GET_OTP_VALID_EXPIRY : SET_OTP_VALID,
                List.of(scope.otpValidFlagKey()),
                List.of(OtpValidFlag.value(scope.sessionBinding())),
                reply -> new VerifyResult.Valid(valid.repeated(), reply.number(0))));
    }

    /** Returns whether there was a code. */
    CompletableFuture<Boolean> revoke(String userId) {
        return redis.call(
                new Operation<>(REVOKE, List.of(OtpKeys.code(userId)), List.of(), reply -> reply.number(0) == 1));
    }

    /** The argument that {@code otp/lib/limits} parses. */
    private static String limits(OtpSettings settings) {
        return String.join(
                ":",
                Long.toString(settings.ttl().toMillis()),
                Integer.toString(settings.maxAttempts()),
                Integer.toString(settings.maxFailedAttemptsPerHour()),
                Integer.toString(settings.maxFailedAttemptsPerDay()),
                Long.toString(settings.resendCooldown().toMillis()),
                Integer.toString(settings.maxIssuesPerHour()));
    }
}
