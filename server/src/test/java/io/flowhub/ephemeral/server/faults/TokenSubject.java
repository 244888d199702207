package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.flowhub.ephemeral.v1.RevokeLoginTokenRequest;
import io.flowhub.ephemeral.v1.TokenServiceGrpc;
import io.flowhub.ephemeral.v1.VerifyLoginTokenRequest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/** The login tokens of one user. */
final class TokenSubject extends Subject<TokenSubject.Tokens> {

    private static final String NONE = "";

    /** A token that no client received. */
    private static final String LOST = "?";

    private final List<String> issued = new CopyOnWriteArrayList<>();

    TokenSubject() {
        super(new Tokens(NONE, Set.of()));
    }

    /** @param consumed each token that a request consumed, with that request */
    record Tokens(String valid, Set<String> consumed) {

        List<Tokens> issue(Optional<String> token) {
            return List.of(new Tokens(token.orElse(LOST), consumed));
        }

        List<Tokens> consume(String token, String request, Optional<Boolean> response) {
            String attempt = token + " " + request;
            boolean repeats = !request.isEmpty() && consumed.contains(attempt);
            boolean wins = valid.equals(token);
            if (response.isPresent() && response.get() != (repeats || wins)) {
                return List.of();
            }
            if (repeats || !wins) {
                return List.of(this);
            }
            Set<String> more = new TreeSet<>(consumed);
            more.add(attempt);
            return List.of(new Tokens(NONE, more));
        }

        /** @param token the one to revoke, or empty for any */
        List<Tokens> revoke(String token, Optional<Boolean> response) {
            boolean revokes = token.isEmpty() ? !valid.equals(NONE) : valid.equals(token);
            if (response.isPresent() && response.get() != revokes) {
                return List.of();
            }
            return List.of(revokes ? new Tokens(NONE, consumed) : this);
        }

        boolean verify(String token, boolean response) {
            return response == valid.equals(token);
        }
    }

    @Override
    void act(Client client) {
        int choice = client.random(20);
        if (issued.isEmpty() || choice < 3) {
            var request = IssueLoginTokenRequest.newBuilder().setUserId(id);
            client.write(
                            history,
                            TokenServiceGrpc.getIssueLoginTokenMethod(),
                            request.build(),
                            (tokens, response) -> tokens.issue(response.map(IssueLoginTokenResponse::getToken)))
                    .ifPresent(response -> issued.add(response.getToken()));
            return;
        }
        String token = client.random(3) == 0 ? client.pick(issued) : issued.get(issued.size() - 1);
        if (choice < 8) {
            var request = VerifyLoginTokenRequest.newBuilder().setUserId(id).setToken(token);
            client.read(
                    history,
                    TokenServiceGrpc.getVerifyLoginTokenMethod(),
                    request.build(),
                    (tokens, response) -> tokens.verify(token, response.getValid()));
        } else if (choice == 8) {
            String revoked = client.random(2) == 0 ? token : "";
            var request = RevokeLoginTokenRequest.newBuilder().setUserId(id).setToken(revoked);
            client.write(
                    history,
                    TokenServiceGrpc.getRevokeLoginTokenMethod(),
                    request.build(),
                    (tokens, response) -> tokens.revoke(revoked, response.map(actual -> actual.getRevoked())));
        } else {
            String requestId = client.random(2) == 0 ? "" : client.newRequestId();
            var request = ConsumeLoginTokenRequest.newBuilder()
                    .setUserId(id)
                    .setToken(token)
                    .setRequestId(requestId);
            client.write(
                    history,
                    TokenServiceGrpc.getConsumeLoginTokenMethod(),
                    request.build(),
                    !requestId.isEmpty(),
                    (tokens, response) ->
                            tokens.consume(token, requestId, response.map(actual -> actual.getConsumed())));
        }
    }
}
