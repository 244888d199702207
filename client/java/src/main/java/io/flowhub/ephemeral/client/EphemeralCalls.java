package io.flowhub.ephemeral.client;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ConsumeLoginTokenRequest;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.IssueLoginTokenRequest;
import io.flowhub.ephemeral.v1.IssueOtpRequest;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.VerifyOtpRequest;
import io.flowhub.ephemeral.v1.VerifyOtpResponse;
import java.util.UUID;

/**
 * The common calls, blocking, in one line each. The stubs have all RPCs, with all fields.
 *
 * <p>Each call sends a new {@code request_id} where its RPC has one, so the client retries it if the server is unavailable,
 * and it takes effect once. Each throws {@link io.grpc.StatusRuntimeException} if it fails, with {@code INVALID_ARGUMENT}
 * for an invalid id; {@link EphemeralErrors} reads its reason, {@link EphemeralIds} makes ids of other texts.
 */
public interface EphemeralCalls extends EphemeralStubs {

    /** Consumes one hit of a limit if it fits, and returns whether it did. */
    default CheckRateResponse checkRate(String userId, String action) {
        return checkRate(userId, action, 1);
    }

    /**
     * Consumes hits of a limit if they fit, and returns whether they did.
     *
     * @param hits 0 to 1,000,000. 0 consumes nothing, and returns whether one hit would fit
     */
    default CheckRateResponse checkRate(String userId, String action, int hits) {
        return rateLimits()
                .checkRate(CheckRateRequest.newBuilder()
                        .setUserId(userId)
                        .setAction(action)
                        .setHits(hits)
                        .setRequestId(newRequestId())
                        .build());
    }

    /** Makes the full limit available again, such as that of failed logins after a login. */
    default void resetRate(String userId, String action) {
        var unused = rateLimits()
                .resetRate(ResetRateRequest.newBuilder()
                        .setUserId(userId)
                        .setAction(action)
                        .build());
    }

    /**
     * Issues a one-time password, or returns why there is none now. Deliver it to the user and do not log it.
     *
     * @param purpose such as {@code login}: the code is invalid for any other
     */
    default IssueOtpResponse issueOtp(String userId, String purpose) {
        return otp().issueOtp(IssueOtpRequest.newBuilder()
                .setUserId(userId)
                .setPurpose(purpose)
                .setRequestId(newRequestId())
                .build());
    }

    /**
     * Consumes a one-time password that {@link #issueOtp} issued, and returns whether it was right.
     *
     * @param challengeId of the issued code; keep it with the session of the user
     */
    default VerifyOtpResponse verifyOtp(String userId, String purpose, String challengeId, String code) {
        return otp().verifyOtp(VerifyOtpRequest.newBuilder()
                .setUserId(userId)
                .setPurpose(purpose)
                .setChallengeId(challengeId)
                .setCode(code)
                .setRequestId(newRequestId())
                .build());
    }

    /** Issues a login token, for a link in a mail, and replaces the previous one. Not retried. */
    default String issueLoginToken(String userId) {
        return tokens().issueLoginToken(
                        IssueLoginTokenRequest.newBuilder().setUserId(userId).build())
                .getToken();
    }

    /** Consumes a login token, and returns whether it was valid. Concurrent calls have exactly one winner. */
    default boolean consumeLoginToken(String userId, String token) {
        return tokens().consumeLoginToken(ConsumeLoginTokenRequest.newBuilder()
                        .setUserId(userId)
                        .setToken(token)
                        .setRequestId(newRequestId())
                        .build())
                .getConsumed();
    }

    /**
     * The value of a feature flag for a user.
     *
     * @param defaultValue returned if the flag is not set, or if the server cannot read it because Redis is unavailable
     */
    default String featureFlag(String feature, String userId, String defaultValue) {
        return featureFlags()
                .getFlag(GetFlagRequest.newBuilder()
                        .setFeature(feature)
                        .setUserId(userId)
                        .setDefaultValue(defaultValue)
                        .build())
                .getValue();
    }

    /** Whether a user is online. To follow many users, {@link EphemeralClient#watchPresence}. */
    default boolean isOnline(String userId) {
        return presence()
                .getPresence(GetPresenceRequest.newBuilder().setUserId(userId).build())
                .getOnline();
    }

    /** Starts, extends or removes the indicator that a user is typing. It expires after 3 seconds. Not retried. */
    default void setTyping(String roomId, String userId, boolean typing) {
        var unused = typing().setTyping(SetTypingRequest.newBuilder()
                .setRoomId(roomId)
                .setUserId(userId)
                .setTyping(typing)
                .build());
    }

    /** Publishes a message of up to 65,536 bytes to the subscriptions of a room. Not retried. */
    default void publish(String roomId, String senderId, ByteString payload) {
        var unused = broadcast()
                .publish(PublishRequest.newBuilder()
                        .setRoomId(roomId)
                        .setSenderId(senderId)
                        .setPayload(payload)
                        .build());
    }

    private static String newRequestId() {
        return UUID.randomUUID().toString();
    }
}
