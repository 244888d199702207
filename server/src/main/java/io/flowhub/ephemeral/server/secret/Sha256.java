package io.flowhub.ephemeral.server.secret;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * SHA-256 digests as base64url without padding, 43 characters. They protect random secrets of 128 bits or more. A shorter
 * secret can be found by trial and needs an {@link Hmac}.
 */
public final class Sha256 {

    /** Returns the digest of one string in UTF-8. */
    public static String ofText(String text) {
        return digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the digest of several fields. Each field follows its length, so that {@code ("ab", "c")} and {@code ("a",
     * "bc")} have different digests.
     */
    public static String ofFields(String... fields) {
        return digest(LengthPrefixed.encode(fields));
    }

    private static String digest(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytesOf(bytes));
    }

    /** Returns the 32 bytes of the digest. */
    public static byte[] bytesOf(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private Sha256() {}
}
