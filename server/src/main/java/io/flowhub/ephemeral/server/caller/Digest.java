package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.secret.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The SHA-256 of a token. Equality takes the same time wherever the digests differ. */
final class Digest {

    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{64}");

    private final byte[] bytes;

    private Digest(byte[] bytes) {
        this.bytes = bytes;
    }

    static Digest of(String token) {
        return new Digest(Sha256.bytesOf(token.getBytes(StandardCharsets.UTF_8)));
    }

    /** @throws IllegalArgumentException without the text, which may be the token itself */
    static Digest parse(String hex) {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException("not a SHA-256 (expected: 64 hex digits, the digest of the token)");
        }
        return new Digest(HexFormat.of().parseHex(hex));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digest digest && MessageDigest.isEqual(bytes, digest.bytes);
    }

    /** The first bytes: of an unknown token of 32 random bytes, their timing reveals nothing. */
    @Override
    public int hashCode() {
        return ByteBuffer.wrap(bytes).getInt();
    }
}
