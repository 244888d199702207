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
record TokenCalls(Channel channel) {

    /** A well-formed token that was never issued. */
    static final String WRONG = "A".repeat(43);

    private TokenServiceBlockingStub stub() {
        return TokenServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    IssueLoginTokenResponse issue(String user) {
        var request = IssueLoginTokenRequest.newBuilder().setUserId(user);
        return stub().issueLoginToken(request.build());
    }

    VerifyLoginTokenResponse verify(String user, String token) {
        var request = VerifyLoginTokenRequest.newBuilder().setUserId(user).setToken(token);
        return stub().verifyLoginToken(request.build());
    }

    boolean isValid(String user, String token) {
        return verify(user, token).getValid();
    }

    boolean consume(String user, String token) {
        return consume(user, token, "");
    }

    boolean consume(String user, String token, String requestId) {
        var request = ConsumeLoginTokenRequest.newBuilder().setUserId(user).setToken(token);
        return stub().consumeLoginToken(request.setRequestId(requestId).build()).getConsumed();
    }

    boolean revoke(String user, String token) {
        var request = RevokeLoginTokenRequest.newBuilder().setUserId(user).setToken(token);
        return stub().revokeLoginToken(request.build()).getRevoked();
    }
}
