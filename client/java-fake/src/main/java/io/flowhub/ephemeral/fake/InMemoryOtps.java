package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.fake.ExpiringMap.Entry;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.flowhub.ephemeral.v1.RevokeOtpRequest;
import io.flowhub.ephemeral.v1.RevokeOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** One-time passwords: with the cooldown, and with the limits of codes and failed attempts in an hour. */
final class InMemoryOtps extends OtpServiceGrpc.OtpServiceImplBase {

    private static final Duration TTL = Duration.ofMinutes(5);
    private static final Duration COOLDOWN = Duration.ofSeconds(30);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int MAX_ATTEMPTS = 5;
    private static final int MAX_ISSUES = 5;
    private static final int MAX_FAILED = 10;
    private static final int MAX_BINDING_BYTES = 256;

    private final FakeState state;
    private final InMemorySessionFlags sessionFlags;
    private final SecureRandom random = new SecureRandom();
    private final ExpiringMap<String, Otp> codes;
    private final ExpiringMap<String, Boolean> cooldowns;
    private final ExpiringMap<String, AtomicInteger> issues;
    private final ExpiringMap<String, AtomicInteger> failures;
    private final ExpiringMap<VerifyOtpRequest, VerifyOtpResponse> verified;

    InMemoryOtps(FakeState state, InMemorySessionFlags sessionFlags) {
        this.state = state;
        this.sessionFlags = sessionFlags;
        this.codes = new ExpiringMap<>(state.clock);
        this.cooldowns = new ExpiringMap<>(state.clock);
        this.issues = new ExpiringMap<>(state.clock);
        this.failures = new ExpiringMap<>(state.clock);
        this.verified = new ExpiringMap<>(state.clock);
    }

    Optional<String> code(String userId) {
        return codes.get(userId).map(Otp::code);
    }

    @Override
    public void issueOtp(IssueOtpRequest request, StreamObserver<IssueOtpResponse> observer) {
        state.answer(request, observer, () -> {
            FieldRules.text("session_binding", request.getSessionBinding(), MAX_BINDING_BYTES);
            String user = request.getUserId();
            Optional<Entry<Otp>> retried =
                    codes.find(user).filter(code -> code.value().isRetriedBy(request));
            if (retried.isEmpty()) {
                Optional<RefusedOtp> refused = refusal(user);
                if (refused.isPresent()) {
                    return IssueOtpResponse.newBuilder()
                            .setRefused(refused.get())
                            .build();
                }
                count(issues, user);
                cooldowns.put(user, true, COOLDOWN);
            }
            String challenge = retried.map(code -> code.value().challengeId)
                    .orElseGet(() -> UUID.randomUUID().toString());
            Otp otp = new Otp(
                    request,
                    challenge,
                    "%06d".formatted(random.nextInt(1_000_000)),
                    retried.map(code -> code.value().failed).orElse(new AtomicInteger()));
            Duration ttl = retried.map(code -> Duration.between(state.clock.now(), code.expiry()))
                    .orElse(TTL);
            Instant expiry = codes.put(user, otp, ttl).expiry();
            return IssueOtpResponse.newBuilder()
                    .setIssued(IssuedOtp.newBuilder()
                            .setChallengeId(otp.challengeId)
                            .setCode(otp.code)
                            .setExpireTime(TestClock.timestamp(expiry))
                            .setResendAfter(untilExpiry(cooldowns, user)))
                    .build();
        });
    }

    private Optional<RefusedOtp> refusal(String user) {
        if (isAtLimit(failures, user, MAX_FAILED)) {
            codes.remove(user);
            return Optional.of(refused(RefusedOtp.Reason.REASON_LOCKED, failures, user));
        }
        if (isAtLimit(issues, user, MAX_ISSUES)) {
            return Optional.of(refused(RefusedOtp.Reason.REASON_ISSUE_LIMIT, issues, user));
        }
        return cooldowns.find(user).map(cooldown -> refused(RefusedOtp.Reason.REASON_COOLDOWN, cooldowns, user));
    }

    private RefusedOtp refused(RefusedOtp.Reason reason, ExpiringMap<String, ?> until, String user) {
        return RefusedOtp.newBuilder()
                .setReason(reason)
                .setRetryAfter(untilExpiry(until, user))
                .build();
    }

    @Override
    public void verifyOtp(VerifyOtpRequest request, StreamObserver<VerifyOtpResponse> observer) {
        state.answer(request, observer, () -> {
            if (!request.getCode().matches("[0-9]{6}")) {
                throw FakeErrors.invalid("code", "6 digits", "");
            }
            FieldRules.text("session_binding", request.getSessionBinding(), MAX_BINDING_BYTES);
            Optional<VerifyOtpResponse> first =
                    request.getRequestId().isEmpty() ? Optional.empty() : verified.get(request);
            return first.orElseGet(() -> {
                VerifyOtpResponse response = verify(request);
                verified.put(request, response, TTL);
                return response;
            });
        });
    }

    private VerifyOtpResponse verify(VerifyOtpRequest request) {
        String user = request.getUserId();
        Optional<Otp> otp = codes.get(user);
        boolean isOtherChallenge = !request.getChallengeId().isEmpty()
                && !request.getChallengeId().equals(otp.map(Otp::challengeId).orElse(""));
        if (isAtLimit(failures, user, MAX_FAILED) || isOtherChallenge) {
            return invalid(0); // Not counted.
        }
        if (otp.isPresent() && otp.get().accepts(request)) {
            codes.remove(user);
            failures.remove(user);
            String value = flagValue(request.getSessionBinding());
            return VerifyOtpResponse.newBuilder()
                    .setResult(VerifyOtpResponse.Result.RESULT_VALID)
                    .setFlagValue(value)
                    .setExpireTime(TestClock.timestamp(sessionFlags.setOtpValid(user, value)))
                    .build();
        }
        int failed = count(failures, user);
        int failedOfCode = otp.map(code -> code.failed.incrementAndGet()).orElse(failed);
        return invalid(Math.max(0, Math.min(MAX_ATTEMPTS - failedOfCode, MAX_FAILED - failed)));
    }

    @Override
    public void revokeOtp(RevokeOtpRequest request, StreamObserver<RevokeOtpResponse> observer) {
        state.answer(request, observer, () -> {
            codes.remove(request.getUserId());
            return RevokeOtpResponse.getDefaultInstance();
        });
    }

    private com.google.protobuf.Duration untilExpiry(ExpiringMap<String, ?> map, String key) {
        return map.find(key)
                .map(entry -> state.clock.until(entry.expiry()))
                .orElse(com.google.protobuf.Duration.getDefaultInstance());
    }

    private static VerifyOtpResponse invalid(int attemptsLeft) {
        return VerifyOtpResponse.newBuilder()
                .setResult(VerifyOtpResponse.Result.RESULT_INVALID)
                .setAttemptsLeft(attemptsLeft)
                .build();
    }

    private static boolean isAtLimit(ExpiringMap<String, AtomicInteger> counts, String user, int limit) {
        return counts.get(user).filter(count -> count.get() >= limit).isPresent();
    }

    private static int count(ExpiringMap<String, AtomicInteger> counts, String user) {
        AtomicInteger count = counts.get(user)
                .orElseGet(() -> counts.put(user, new AtomicInteger(), HOUR).value());
        return count.incrementAndGet();
    }

    private static String flagValue(String binding) {
        if (binding.isEmpty()) {
            return "1";
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(binding.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every Java has it.
        }
    }

    /** A code. Its count of failed attempts is shared with the code that a retry replaces it by. */
    private record Otp(IssueOtpRequest request, String challengeId, String code, AtomicInteger failed) {

        boolean isRetriedBy(IssueOtpRequest other) {
            return !other.getRequestId().isEmpty() && other.equals(request);
        }

        boolean accepts(VerifyOtpRequest attempt) {
            return failed.get() < MAX_ATTEMPTS
                    && attempt.getCode().equals(code)
                    && attempt.getPurpose().equals(request.getPurpose())
                    && attempt.getSessionBinding().equals(request.getSessionBinding());
        }
    }
}
