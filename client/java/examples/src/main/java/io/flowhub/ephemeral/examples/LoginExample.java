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

    /** The first call of a process also loads classes and connects, which can take more than the default of 1 s. */
    private static final Duration FIRST_CALL = Duration.ofSeconds(10);

    private final EphemeralClient client;

    /** A new user for each run: a second code for the same user has to wait for the cooldown. */
    private final String user = "alice-" + UUID.randomUUID();

    /** A cookie of the user's browser. An intercepted code is useless without it. */
    private final String session = UUID.randomUUID().toString();

    private int databaseReads;

    private LoginExample(EphemeralClient client) {
        this.client = client;
    }

    /** @param args the server's address, {@code localhost:9090} by default */
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
        IssueOtpResponse response = client.otp()
                .issueOtp(IssueOtpRequest.newBuilder()
                        .setUserId(user)
                        .setPurpose(PURPOSE)
                        .setSessionBinding(session)
                        .setRequestId(UUID.randomUUID().toString())
                        .build());
        if (!response.hasIssued()) {
            System.out.println("no code: " + response.getRefused().getReason());
            return;
        }
        IssuedOtp issued = response.getIssued();
        System.out.printf("sent a code of %d digits%n", issued.getCode().length());

        String wrong = issued.getCode().startsWith("0") ? "111111" : "000000";
        VerifyOtpResponse wrongResult = verify(issued, wrong);
        System.out.printf("wrong code: %s, %d attempts left%n", wrongResult.getResult(), wrongResult.getAttemptsLeft());

        VerifyOtpResponse right = verify(issued, issued.getCode());
        System.out.printf("right code: %s%n", right.getResult());
        System.out.printf("right code again: %s%n", verify(issued, issued.getCode()).getResult());

        if (right.getResult() == Result.RESULT_VALID) {
            System.out.printf("log in: %s%n", consumeFlag(right.getFlagValue()) ? "done" : "denied");
            System.out.printf("log in again: %s%n", consumeFlag(right.getFlagValue()) ? "done" : "denied");
        }
    }

    /** With a request_id: if the response is lost, the client retries and receives the same result. */
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

    /** Consumes the otp_valid flag, which permits one login, possibly in another application than the one that verified. */
    private boolean consumeFlag(String flagValue) {
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
