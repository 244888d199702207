package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.secret.RandomText;
import io.flowhub.ephemeral.server.secret.Sha256;
import java.util.regex.Pattern;

/**
 * A login token, with the user that it was issued or presented for. Only the response to the caller holds the value; Redis
 * stores the digest.
 *
 * @param value 256 bits as 43 characters of base64url
 */
record LoginToken(String userId, String value) {

    private static final int BYTES = 32;
    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_-]{43}");

    static LoginToken random(String userId) {
        return new LoginToken(userId, RandomText.of(BYTES));
    }

    /** @throws InvalidFieldException if the value does not have the form of a token */
    static LoginToken parse(String userId, String value) {
        if (!PATTERN.matcher(value).matches()) {
            throw InvalidFieldException.redacted("token", "43 characters of base64url");
        }
        return new LoginToken(userId, value);
    }

    String key() {
        return TokenKeys.login(userId);
    }

    /** The key of the idempotency record of a consume with this request id. */
    String idempotencyKey(String requestId) {
        return TokenKeys.idempotencyRecord(userId, requestId);
    }

    /** Covers the user and the purpose, so that a digest copied to another key matches no token. */
    String digest() {
        return Sha256.ofFields(userId, "login", value);
    }

    @Override
    public String toString() {
        return "LoginToken[userId=" + userId + ", value=(redacted)]";
    }
}
