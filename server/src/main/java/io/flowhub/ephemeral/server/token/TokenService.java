package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.token.TokenStore.Issued;
import io.flowhub.ephemeral.server.token.TokenStore.Validity;
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
import java.util.concurrent.CompletableFuture;

/** The gRPC service of login tokens: validates requests, calls the store, builds responses. */
final class TokenService extends TokenServiceGrpc.TokenServiceImplBase {

    private final TokenStore store;
    private final TokenMetrics metrics;

    TokenService(TokenStore store, TokenMetrics metrics) {
        this.store = store;
        this.metrics = metrics;
    }

    @Override
    public void issueLoginToken(IssueLoginTokenRequest request, StreamObserver<IssueLoginTokenResponse> observer) {
        UnaryCalls.respond(
                observer, () -> store.issue(IdValidator.check("user_id", request.getUserId())), this::issueResponse);
    }

    @Override
    public void verifyLoginToken(VerifyLoginTokenRequest request, StreamObserver<VerifyLoginTokenResponse> observer) {
        UnaryCalls.respond(
                observer, () -> store.verify(token(request.getUserId(), request.getToken())), this::verifyResponse);
    }

    @Override
    public void consumeLoginToken(
            ConsumeLoginTokenRequest request, StreamObserver<ConsumeLoginTokenResponse> observer) {
        UnaryCalls.respond(observer, () -> consume(request), consumed -> {
            metrics.onConsume(consumed);
            return ConsumeLoginTokenResponse.newBuilder().setConsumed(consumed).build();
        });
    }

    private CompletableFuture<Boolean> consume(ConsumeLoginTokenRequest request) {
        LoginToken token = token(request.getUserId(), request.getToken());
        String requestId = request.getRequestId();
        return requestId.isEmpty()
                ? store.consume(token)
                : store.consumeOnce(token, IdValidator.check("request_id", requestId));
    }

    @Override
    public void revokeLoginToken(RevokeLoginTokenRequest request, StreamObserver<RevokeLoginTokenResponse> observer) {
        UnaryCalls.respond(observer, () -> revoke(request), revoked -> {
            metrics.onRevoke(revoked);
            return RevokeLoginTokenResponse.newBuilder().setRevoked(revoked).build();
        });
    }

    private CompletableFuture<Boolean> revoke(RevokeLoginTokenRequest request) {
        return request.getToken().isEmpty()
                ? store.revoke(IdValidator.check("user_id", request.getUserId()))
                : store.consume(token(request.getUserId(), request.getToken()));
    }

    private static LoginToken token(String userId, String value) {
        return LoginToken.parse(IdValidator.check("user_id", userId), value);
    }

    private IssueLoginTokenResponse issueResponse(Issued issued) {
        metrics.onIssue();
        return IssueLoginTokenResponse.newBuilder()
                .setToken(issued.token().value())
                .setExpireTime(ProtoTime.timestamp(issued.expireMillis()))
                .build();
    }

    private VerifyLoginTokenResponse verifyResponse(Validity validity) {
        metrics.onVerify(validity.valid());
        VerifyLoginTokenResponse.Builder response =
                VerifyLoginTokenResponse.newBuilder().setValid(validity.valid());
        if (validity.valid()) {
            response.setExpireTime(ProtoTime.timestamp(validity.expireMillis()));
        }
        return response.build();
    }
}
