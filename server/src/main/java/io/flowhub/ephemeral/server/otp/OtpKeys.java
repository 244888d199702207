package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.redis.KeyNames;

/** The keys of one-time passwords. */
final class OtpKeys {

    static final KeyKind KIND = new KeyKind(
            "otp",
            new KeyName(
                    "otp:<user_id>", "string: HMAC of the code, challenge, HMAC of the request", "`otp.ttl`, 5 min"),
            new KeyName(
                    "{otp:<user_id>}:guard",
                    "string: failed attempts and issued codes of a user that was issued a code",
                    "until no entry counts any more, at most 24 h"),
            new KeyName(
                    "{otp:<user_id>}:result:<request_id>",
                    "string: up to 8 results, by HMAC of the attempt",
                    "5 min after the last attempt"),
            new KeyName(
                    "otp:failures:{<tag>}",
                    "string of fixed size: estimates of failed attempts, by hash of the user; one key, on a Cluster one"
                            + " per slot",
                    "24 h after the last failed attempt"));

    /** The active code. */
    static String code(String userId) {
        return "otp:" + userId;
    }

    /** Counts failed attempts and issued codes. Outlives each code. */
    static String guard(String userId) {
        return KeyNames.companion(code(userId), "guard");
    }

    /** The idempotency record of the verify request with this id. */
    static String result(String userId, String requestId) {
        return KeyNames.companion(code(userId), "result:" + requestId);
    }

    /** The estimates of failed attempts of all users in the slot of the tag. Ids have no colon, so no user has this key. */
    static String failures(String tag) {
        return "otp:failures:{" + tag + "}";
    }

    /** The session flag that a valid code sets. */
    static String otpValidFlag(String userId) {
        return "session:" + userId + ":otp_valid";
    }

    private OtpKeys() {}
}
