package io.flowhub.ephemeral.server.secret;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The digest under which Redis keeps a secret of 128 bits or more. Shorter ones need a key: they can be guessed. */
public final class Sha256 {

    /**
     * Returns the SHA-256 of the fields as base64url without padding, 43 characters. Each field goes in with its length
     * before it, so that {@code ("ab", "c")} and {@code ("a", "bc")} differ.
     */
    public static String of(String... fields) {
        MessageDigest sha256 = sha256();
        for (String field : fields) {
            byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
            sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
            sha256.update(bytes);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private Sha256() {}
}
