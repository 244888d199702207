package io.flowhub.ephemeral.examples;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.StatusRuntimeException;

/** Protects a login: guesses of alice's password are denied once the limit is reached. */
public final class RateLimitExample {

    private static final String USER = "alice";
    private static final String ACTION = "login_attempts";
    private static final int GUESSES = 7;

    /** The first call of a process also loads classes and connects, which can take more than the default of 1 s. */
    private static final java.time.Duration FIRST_CALL = java.time.Duration.ofSeconds(10);

    private final EphemeralClient client;

    private RateLimitExample(EphemeralClient client) {
        this.client = client;
    }

    /** @param args the server's address, {@code localhost:9090} by default */
    public static void main(String[] args) {
        String target = args.length > 0 ? args[0] : "localhost:9090";
        try (EphemeralClient client = EphemeralClient.builder(target)
                .plaintext()
                .deadline(FIRST_CALL)
                .build()) {
            RateLimitExample example = new RateLimitExample(client);
            example.guessPasswords();
            example.logInWithTheCorrectPassword();
            example.callWithUnknownAction();
        } catch (StatusRuntimeException e) {
            System.out.println(target + ": " + e.getMessage());
        }
    }

    private void guessPasswords() {
        for (int guess = 1; guess <= GUESSES; guess++) {
            CheckRateResponse response = client.checkRate(USER, ACTION);
            if (response.getAllowed()) {
                System.out.printf("guess %d: allowed, %d of %d left%n", guess, response.getRemaining(), response.getLimit());
            } else {
                System.out.printf("guess %d: denied, retry after %s%n", guess, seconds(response.getRetryAfter()));
            }
        }
    }

    /** A successful login resets the limit. */
    private void logInWithTheCorrectPassword() {
        client.resetRate(USER, ACTION);
        int remaining = client.checkRate(USER, ACTION, 0).getRemaining(); // 0 hits consume nothing.
        System.out.printf("logged in: %d left%n", remaining);
    }

    private void callWithUnknownAction() {
        try {
            client.checkRate(USER, "logn_attempts");
        } catch (StatusRuntimeException e) {
            ErrorReason reason = EphemeralErrors.reason(e).orElseThrow(() -> e);
            System.out.printf("error: %s %s%n", reason, EphemeralErrors.metadata(e));
        }
    }

    private static String seconds(Duration duration) {
        return String.format("%.1f s", duration.getSeconds() + duration.getNanos() / 1e9);
    }
}
