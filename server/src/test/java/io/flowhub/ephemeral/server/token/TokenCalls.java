package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.flowhub.ephemeral.v1.RevokeLoginTokenRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.TokenServiceGrpc.TokenServiceBlockingStub;
import io.flowhub.ephemeral.v1.VerifyLoginTokenRequest;
import io.flowhub.ephemeral.v1.VerifyLoginTokenResponse;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/** Calls of the token service, each with a deadline. */
record TokenCalls(TokenServiceBlockingStub stub) {

    /** A well-formed token that was never issued. */
    static final String WRONG = "A".repeat(43);

    static TokenCalls on(Channel channel) {
        return new TokenCalls(TokenServiceGrpc.newBlockingStub(channel));
    }

    private TokenServiceBlockingStub calls() {
        return stub.withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    IssueLoginTokenResponse issue(String user) {
        return calls().issueLoginToken(
                        IssueLoginTokenRequest.newBuilder().setUserId(user).build());
    }

    VerifyLoginTokenResponse verify(String user, String token) {
        return calls().verifyLoginToken(VerifyLoginTokenRequest.newBuilder()
                .setUserId(user)
                .setToken(token)
                .build());
    }

    boolean isValid(String user, String token) {
        return verify(user, token).getValid();
    }

    boolean consume(String user, String token) {
        return consume(user, token, "");
    }

    boolean consume(String user, String token, String requestId) {
        return calls().consumeLoginToken(ConsumeLoginTokenRequest.newBuilder()
                        .setUserId(user)
                        .setToken(token)
                        .setRequestId(requestId)
                        .build())
                .getConsumed();
    }

    boolean revoke(String user, String token) {
        return calls().revokeLoginToken(RevokeLoginTokenRequest.newBuilder()
                        .setUserId(user)
                        .setToken(token)
                        .build())
                .getRevoked();
    }
}
