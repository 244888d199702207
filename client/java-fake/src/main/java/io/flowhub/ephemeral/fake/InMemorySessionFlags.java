package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.fake.ExpiringMap.Entry;
import io.flowhub.ephemeral.v1.ClearSessionFlagRequest;
import io.flowhub.ephemeral.v1.ClearSessionFlagResponse;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagResponse;
import io.flowhub.ephemeral.v1.GetSessionFlagRequest;
import io.flowhub.ephemeral.v1.GetSessionFlagResponse;
import io.flowhub.ephemeral.v1.SessionServiceGrpc;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Session flags. */
final class InMemorySessionFlags extends SessionServiceGrpc.SessionServiceImplBase {

    private static final String OTP_VALID = "otp_valid";
    private static final Duration STANDARD_TTL = Duration.ofMinutes(5);
    private static final Duration MAX_TTL = Duration.ofMinutes(30);
    private static final int MAX_VALUE_BYTES = 256;

    private final FakeState state;
    private final ExpiringMap<FlagKey, String> flags;

    InMemorySessionFlags(FakeState state) {
        this.state = state;
        this.flags = new ExpiringMap<>(state.clock);
    }

    /** Sets the flag of a right one-time password. */
    Instant setOtpValid(String userId, String value) {
        return flags.put(new FlagKey(userId, OTP_VALID), value, STANDARD_TTL).expiry();
    }

    @Override
    public void setSessionFlag(SetSessionFlagRequest request, StreamObserver<SetSessionFlagResponse> observer) {
        state.answer(request, observer, () -> {
            if (request.getFlag().equals(OTP_VALID)) {
                throw FakeErrors.invalid("flag", "not otp_valid, which only VerifyOtp sets", OTP_VALID);
            }
            Duration ttl = FieldRules.ttl(request.getTtl(), STANDARD_TTL, MAX_TTL, STANDARD_TTL);
            String value = FieldRules.text("value", request.getValue(), MAX_VALUE_BYTES);
            Instant expiry = flags.put(new FlagKey(request.getUserId(), request.getFlag()), value, ttl)
                    .expiry();
            return SetSessionFlagResponse.newBuilder()
                    .setExpireTime(TestClock.timestamp(expiry))
                    .build();
        });
    }

    @Override
    public void getSessionFlag(GetSessionFlagRequest request, StreamObserver<GetSessionFlagResponse> observer) {
        state.answer(request, observer, () -> {
            GetSessionFlagResponse.Builder response = GetSessionFlagResponse.newBuilder();
            flags.find(new FlagKey(request.getUserId(), request.getFlag()))
                    .ifPresent(flag -> response.setFound(true)
                            .setValue(flag.value())
                            .setExpiresIn(state.clock.until(flag.expiry())));
            return response.build();
        });
    }

    @Override
    public void consumeSessionFlag(
            ConsumeSessionFlagRequest request, StreamObserver<ConsumeSessionFlagResponse> observer) {
        state.answer(request, observer, () -> {
            FlagKey key = new FlagKey(request.getUserId(), request.getFlag());
            Optional<Entry<String>> consumed = flags.find(key)
                    .filter(flag -> !request.hasExpectedValue()
                            || request.getExpectedValue().equals(flag.value()));
            consumed.ifPresent(flag -> flags.remove(key));
            return ConsumeSessionFlagResponse.newBuilder()
                    .setConsumed(consumed.isPresent())
                    .setValue(consumed.map(Entry::value).orElse(""))
                    .build();
        });
    }

    @Override
    public void clearSessionFlag(ClearSessionFlagRequest request, StreamObserver<ClearSessionFlagResponse> observer) {
        state.answer(
                request,
                observer,
                () -> ClearSessionFlagResponse.newBuilder()
                        .setCleared(flags.remove(new FlagKey(request.getUserId(), request.getFlag()))
                                .isPresent())
                        .build());
    }

    private record FlagKey(String userId, String flag) {}
}
