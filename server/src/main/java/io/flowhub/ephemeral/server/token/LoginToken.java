package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.secret.RandomText;
import io.flowhub.ephemeral.server.secret.Sha256;
import java.util.regex.Pattern;

/**
 * A token, and whose it is said to be. The text goes from and to callers, its digest to Redis, neither anywhere else.
 *
 * @param text 256 bits as 43 characters of base64url
 */
record LoginToken(String userId, String text) {

    private static final int BYTES = 32;
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{43}");

    static LoginToken random(String userId) {
        return new LoginToken(userId, RandomText.of(BYTES));
    }

    /** @throws InvalidFieldException if the text is nothing that could be a token */
    static LoginToken given(String userId, String text) {
        if (!FORM.matcher(text).matches()) {
            throw InvalidFieldException.redacted("token", "43 characters of base64url");
        }
        return new LoginToken(userId, text);
    }

    String key() {
        return TokenKeys.login(userId);
    }

    /** Holds the user and the purpose, so that a token is worth nothing in another place. */
    String digest() {
        return Sha256.of(userId, "login", text);
    }

    /** The digest of the token that this request used up. */
    String requestKey(String requestId) {
        return TokenKeys.request(userId, requestId);
    }

    @Override
    public String toString() {
        return "LoginToken[userId=" + userId + ", text=(not shown)]";
    }
}
