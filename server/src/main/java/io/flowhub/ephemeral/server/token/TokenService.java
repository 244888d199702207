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

/** The contract of login tokens: checks what comes in, writes what goes out. */
final class TokenService extends TokenServiceGrpc.TokenServiceImplBase {

    private final TokenStore tokens;

    TokenService(TokenStore tokens) {
        this.tokens = tokens;
    }

    @Override
    public void issueLoginToken(IssueLoginTokenRequest request, StreamObserver<IssueLoginTokenResponse> observer) {
        UnaryCalls.respond(
                observer, () -> tokens.issue(IdValidator.check("user_id", request.getUserId())), TokenService::issued);
    }

    @Override
    public void verifyLoginToken(VerifyLoginTokenRequest request, StreamObserver<VerifyLoginTokenResponse> observer) {
        UnaryCalls.respond(
                observer, () -> tokens.verify(token(request.getUserId(), request.getToken())), TokenService::validity);
    }

    @Override
    public void consumeLoginToken(
            ConsumeLoginTokenRequest request, StreamObserver<ConsumeLoginTokenResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> consume(request),
                consumed -> ConsumeLoginTokenResponse.newBuilder()
                        .setConsumed(consumed)
                        .build());
    }

    private CompletableFuture<Boolean> consume(ConsumeLoginTokenRequest request) {
        LoginToken token = token(request.getUserId(), request.getToken());
        String requestId = request.getRequestId();
        return requestId.isEmpty()
                ? tokens.consume(token)
                : tokens.consumeOnce(token, IdValidator.check("request_id", requestId));
    }

    @Override
    public void revokeLoginToken(RevokeLoginTokenRequest request, StreamObserver<RevokeLoginTokenResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> revoke(request),
                revoked -> RevokeLoginTokenResponse.newBuilder()
                        .setRevoked(revoked)
                        .build());
    }

    private CompletableFuture<Boolean> revoke(RevokeLoginTokenRequest request) {
        return request.getToken().isEmpty()
                ? tokens.revoke(IdValidator.check("user_id", request.getUserId()))
                : tokens.consume(token(request.getUserId(), request.getToken()));
    }

    private static LoginToken token(String userId, String text) {
        return LoginToken.given(IdValidator.check("user_id", userId), text);
    }

    private static IssueLoginTokenResponse issued(Issued issued) {
        return IssueLoginTokenResponse.newBuilder()
                .setToken(issued.token().text())
                .setExpireTime(ProtoTime.timestamp(issued.endMillis()))
                .build();
    }

    private static VerifyLoginTokenResponse validity(Validity validity) {
        VerifyLoginTokenResponse.Builder response =
                VerifyLoginTokenResponse.newBuilder().setValid(validity.valid());
        if (validity.valid()) {
            response.setExpireTime(ProtoTime.timestamp(validity.endMillis()));
        }
        return response.build();
    }
}
