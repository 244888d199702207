package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.fake.ExpiringMap.Entry;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenResponse;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.flowhub.ephemeral.v1.RevokeLoginTokenRequest;
import io.flowhub.ephemeral.v1.RevokeLoginTokenResponse;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.VerifyLoginTokenRequest;
import io.flowhub.ephemeral.v1.VerifyLoginTokenResponse;
import io.grpc.stub.StreamObserver;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;

/** Login tokens. */
final class InMemoryTokens extends TokenServiceGrpc.TokenServiceImplBase {

    private static final Duration TTL = Duration.ofMinutes(10);
    private static final Duration RETRY_WINDOW = Duration.ofMinutes(1);
    private static final int TOKEN_BYTES = 32;

    private final FakeState state;
    private final SecureRandom random = new SecureRandom();
    private final ExpiringMap<String, String> tokens;
    private final ExpiringMap<ConsumeLoginTokenRequest, Boolean> consumed;

    InMemoryTokens(FakeState state) {
        this.state = state;
        this.tokens = new ExpiringMap<>(state.clock);
        this.consumed = new ExpiringMap<>(state.clock);
    }

    @Override
    public void issueLoginToken(IssueLoginTokenRequest request, StreamObserver<IssueLoginTokenResponse> observer) {
        state.answer(request, observer, () -> {
            byte[] bits = new byte[TOKEN_BYTES];
            random.nextBytes(bits);
            Entry<String> token = tokens.put(
                    request.getUserId(), Base64.getUrlEncoder().withoutPadding().encodeToString(bits), TTL);
            return IssueLoginTokenResponse.newBuilder()
                    .setToken(token.value())
                    .setExpireTime(TestClock.timestamp(token.expiry()))
                    .build();
        });
    }

    @Override
    public void verifyLoginToken(VerifyLoginTokenRequest request, StreamObserver<VerifyLoginTokenResponse> observer) {
        state.answer(request, observer, () -> {
            VerifyLoginTokenResponse.Builder response = VerifyLoginTokenResponse.newBuilder();
            find(request.getUserId(), request.getToken())
                    .ifPresent(token -> response.setValid(true).setExpireTime(TestClock.timestamp(token.expiry())));
            return response.build();
        });
    }

    @Override
    public void consumeLoginToken(
            ConsumeLoginTokenRequest request, StreamObserver<ConsumeLoginTokenResponse> observer) {
        state.answer(request, observer, () -> {
            boolean isWinner = find(request.getUserId(), request.getToken()).isPresent();
            if (isWinner) {
                tokens.remove(request.getUserId());
                if (!request.getRequestId().isEmpty()) {
                    consumed.put(request, true, RETRY_WINDOW);
                }
            }
            return ConsumeLoginTokenResponse.newBuilder()
                    .setConsumed(isWinner || consumed.get(request).isPresent())
                    .build();
        });
    }

    @Override
    public void revokeLoginToken(RevokeLoginTokenRequest request, StreamObserver<RevokeLoginTokenResponse> observer) {
        state.answer(request, observer, () -> {
            boolean isRevoked = request.getToken().isEmpty()
                    || find(request.getUserId(), request.getToken()).isPresent();
            return RevokeLoginTokenResponse.newBuilder()
                    .setRevoked(isRevoked && tokens.remove(request.getUserId()).isPresent())
                    .build();
        });
    }

    private Optional<Entry<String>> find(String userId, String token) {
        if (!token.matches("[A-Za-z0-9_-]{43}")) {
            throw FakeErrors.invalid("token", "43 characters of base64url", "");
        }
        return tokens.find(userId).filter(entry -> entry.value().equals(token));
    }
}
