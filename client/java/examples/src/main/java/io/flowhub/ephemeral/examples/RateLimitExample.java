package io.flowhub.ephemeral.examples;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.grpc.StatusRuntimeException;
import java.util.UUID;

/** Protects a login: somebody guesses alice's password until the limit stops them. */
public final class RateLimitExample {

    private static final String USER = "alice";
    private static final String ACTION = "login_attempts";
    private static final int GUESSES = 7;

    /** An application that starts and calls at once waits for its classes and its connection, too: 1 s may be short. */
    private static final java.time.Duration FIRST_CALL = java.time.Duration.ofSeconds(10);

    private final EphemeralClient client;

    private RateLimitExample(EphemeralClient client) {
        this.client = client;
    }

    /** @param args the server's address, {@code localhost:9090} if none is given */
    public static void main(String[] args) {
        String target = args.length > 0 ? args[0] : "localhost:9090";
        try (EphemeralClient client = EphemeralClient.builder(target)
                .plaintext()
                .deadline(FIRST_CALL)
                .build()) {
            RateLimitExample example = new RateLimitExample(client);
            example.guessPasswords();
            example.letInWithTheRightPassword();
            example.misspellTheAction();
        } catch (StatusRuntimeException e) {
            System.out.println(target + ": " + e.getMessage());
        }
    }

    private void guessPasswords() {
        for (int guess = 1; guess <= GUESSES; guess++) {
            CheckRateResponse answer = check(ACTION);
            if (answer.getAllowed()) {
                System.out.printf("guess %d: go on, %d of %d left%n", guess, answer.getRemaining(), answer.getLimit());
            } else {
                System.out.printf("guess %d: denied, again in %s%n", guess, seconds(answer.getRetryAfter()));
            }
        }
    }

    /** A user who proved to be the right one starts anew. */
    private void letInWithTheRightPassword() {
        int remaining = client.rateLimits()
                .resetRate(ResetRateRequest.newBuilder()
                        .setUserId(USER)
                        .setAction(ACTION)
                        .build())
                .getRemaining();
        System.out.printf("alice is in: %d left%n", remaining);
    }

    private void misspellTheAction() {
        try {
            check("logn_attempts");
        } catch (StatusRuntimeException e) {
            ErrorReason reason = EphemeralErrors.reason(e).orElseThrow(() -> e);
            System.out.printf("a mistake: %s %s%n", reason, EphemeralErrors.metadata(e));
        }
    }

    /** With a request_id of its own the client may send the check again if the server fails: it is charged once. */
    private CheckRateResponse check(String action) {
        return client.rateLimits()
                .checkRate(CheckRateRequest.newBuilder()
                        .setUserId(USER)
                        .setAction(action)
                        .setRequestId(UUID.randomUUID().toString())
                        .build());
    }

    private static String seconds(Duration duration) {
        return String.format("%.1f s", duration.getSeconds() + duration.getNanos() / 1e9);
    }
}
