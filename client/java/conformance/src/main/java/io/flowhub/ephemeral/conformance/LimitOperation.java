package io.flowhub.ephemeral.conformance;

import static io.flowhub.ephemeral.conformance.Operations.text;

import com.google.gson.JsonObject;
import com.google.protobuf.Duration;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.grpc.StatusRuntimeException;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What a handler of HTTP requests does with a rate limit. The Java client has no middleware of its own; that of the Spring
 * Boot starter follows the same rules.
 */
final class LimitOperation {

    private static final long DEADLINE_MILLIS = 200;

    static JsonObject decide(EphemeralClient client, JsonObject args) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(text(args, "user"))
                .setAction(text(args, "action"))
                .setRequestId(UUID.randomUUID().toString())
                .build();
        long deadline = args.has("deadline_ms") ? args.get("deadline_ms").getAsLong() : DEADLINE_MILLIS;
        JsonObject headers = new JsonObject();
        int status;
        try {
            CheckRateResponse response = client.rateLimits()
                    .withDeadlineAfter(deadline, TimeUnit.MILLISECONDS)
                    .checkRate(request);
            status = response.getAllowed() ? 200 : 429;
            headers.addProperty("RateLimit-Limit", Integer.toString(response.getLimit()));
            headers.addProperty("RateLimit-Remaining", Integer.toString(response.getRemaining()));
            if (response.hasResetAfter()) {
                headers.addProperty("RateLimit-Reset", wholeSeconds(response.getResetAfter()));
            }
            if (!response.getAllowed() && response.hasRetryAfter()) {
                headers.addProperty("Retry-After", wholeSeconds(response.getRetryAfter()));
            }
        } catch (StatusRuntimeException e) {
            boolean isOpen = text(args, "on_unavailable").equals("open");
            status = isOpen ? 200 : 503;
            if (!isOpen) {
                EphemeralErrors.retryDelay(e)
                        .ifPresent(delay -> headers.addProperty("Retry-After", wholeSeconds(delay.toMillis())));
            }
        }
        JsonObject result = new JsonObject();
        result.addProperty("status", status);
        result.add("headers", headers);
        return result;
    }

    private static String wholeSeconds(Duration duration) {
        return wholeSeconds(duration.getSeconds() * 1000 + duration.getNanos() / 1_000_000);
    }

    private static String wholeSeconds(long millis) {
        return Long.toString((millis + 999) / 1000);
    }

    private LimitOperation() {}
}
