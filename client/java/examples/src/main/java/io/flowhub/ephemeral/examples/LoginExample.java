package io.flowhub.ephemeral.examples;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.v1.ConsumeSessionFlagRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.IssuedOtp;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import io.flowhub.ephemeral.v1.VerifyOtpResponse.Result;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Logs a user in with a one-time password, and reads the profile through the cache. */
public final class LoginExample {

    private static final String PURPOSE = "login";

    /** An application that starts and calls at once waits for its classes and its connection, too: 1 s may be short. */
    private static final Duration FIRST_CALL = Duration.ofSeconds(10);

    private final EphemeralClient client;

    /** A new user each time: who has just got a code has to wait for the next. */
    private final String user = "alice-" + UUID.randomUUID();

    /** What the user's browser holds in a cookie. A code that somebody else got hold of is worth nothing without it. */
    private final String session = UUID.randomUUID().toString();

    private int databaseReads;

    private LoginExample(EphemeralClient client) {
        this.client = client;
    }

    /** @param args the server's address, {@code localhost:9090} if none is given */
    public static void main(String[] args) {
        String target = args.length > 0 ? args[0] : "localhost:9090";
        try (EphemeralClient client = EphemeralClient.builder(target)
                .plaintext()
                .deadline(FIRST_CALL)
                .maxCacheWait(FIRST_CALL)
                .build()) {
            LoginExample example = new LoginExample(client);
            example.logIn();
            example.readProfile();
        } catch (StatusRuntimeException e) {
            System.out.println(target + ": " + e.getMessage());
        }
    }

    private void logIn() {
        IssueOtpResponse answer = client.otp()
                .issueOtp(IssueOtpRequest.newBuilder()
                        .setUserId(user)
                        .setPurpose(PURPOSE)
                        .setSessionBinding(session)
                        .setRequestId(UUID.randomUUID().toString())
                        .build());
        if (!answer.hasIssued()) {
            System.out.println("no code: " + answer.getRefused().getReason());
            return;
        }
        IssuedOtp issued = answer.getIssued();
        System.out.printf("sent a code of %d digits%n", issued.getCode().length());

        String wrong = issued.getCode().startsWith("0") ? "111111" : "000000";
        VerifyOtpResponse guess = verify(issued, wrong);
        System.out.printf("wrong code: %s, %d tries left%n", guess.getResult(), guess.getAttemptsLeft());

        VerifyOtpResponse right = verify(issued, issued.getCode());
        System.out.printf("right code: %s%n", right.getResult());
        System.out.printf("right code again: %s%n", verify(issued, issued.getCode()).getResult());

        if (right.getResult() == Result.RESULT_VALID) {
            System.out.printf("log in: %s%n", takeTurn(right.getFlagValue()) ? "done" : "refused");
            System.out.printf("log in again: %s%n", takeTurn(right.getFlagValue()) ? "done" : "refused");
        }
    }

    /** With a request_id of its own: if the answer is lost, the client asks again and gets the same one. */
    private VerifyOtpResponse verify(IssuedOtp issued, String code) {
        return client.otp()
                .verifyOtp(VerifyOtpRequest.newBuilder()
                        .setUserId(user)
                        .setCode(code)
                        .setChallengeId(issued.getChallengeId())
                        .setPurpose(PURPOSE)
                        .setSessionBinding(session)
                        .setRequestId(UUID.randomUUID().toString())
                        .build());
    }

    /** Whoever takes the flag, maybe in another application than the one that verified the code, may go on once. */
    private boolean takeTurn(String flagValue) {
        return client.sessions()
                .consumeSessionFlag(ConsumeSessionFlagRequest.newBuilder()
                        .setUserId(user)
                        .setFlag("otp_valid")
                        .setExpectedValue(flagValue)
                        .build())
                .getConsumed();
    }

    private void readProfile() {
        for (int i = 1; i <= 3; i++) {
            Optional<String> json = client.users().get(user, this::loadFromDatabase);
            System.out.printf("profile: %s, database reads: %d%n", json.orElse("none"), databaseReads);
        }
        client.users().evict(user); // After a change was committed.
        client.users().get(user, this::loadFromDatabase);
        System.out.printf("after an eviction, database reads: %d%n", databaseReads);
    }

    private Optional<String> loadFromDatabase(String id) {
        databaseReads++;
        return Optional.of("{\"name\":\"Alice\"}");
    }
}
