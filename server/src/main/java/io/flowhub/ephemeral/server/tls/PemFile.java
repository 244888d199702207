package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.config.SmallFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The blocks of a PEM file. Whatever is wrong is an {@link IllegalArgumentException} with a message that continues "the
 * file ..." and repeats nothing of the file but the types of its blocks.
 */
public record PemFile(List<Block> blocks) {

    private record Block(String type, String base64) {
        byte[] content() {
            try {
                return Base64.getMimeDecoder().decode(base64);
            } catch (IllegalArgumentException e) { // its message is of the decoder
                throw new IllegalArgumentException("has a broken " + type + " (expected: Base64)", e);
            }
        }
    }

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private static final Pattern BEGIN = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----");

    /** Reads the file. */
    public static PemFile read(Path file) {
        String text;
        try {
            text = new String(SmallFile.read(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be read (expected: a readable file of at most 1 MiB)", e);
        }
        List<Block> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            blocks.add(new Block(block.group(1), block.group(2)));
        }
        if (blocks.isEmpty()) {
            // The older formats of encrypted keys have headers that BLOCK does not accept.
            Matcher begin = BEGIN.matcher(text);
            throw new IllegalArgumentException(
                    begin.find()
                            ? "has a broken or encrypted " + begin.group(1) + " (expected: complete PEM, not encrypted)"
                            : "is not PEM (expected: -----BEGIN ...)");
        }
        return new PemFile(blocks);
    }

    /** All certificates, at least one. Other blocks are ignored, so that a key may be in the same file. */
    public List<X509Certificate> certificates() {
        return all("CERTIFICATE", "certificate", (factory, content) ->
                (X509Certificate) factory.generateCertificate(content));
    }

    /** All lists of revoked certificates, at least one. */
    List<X509CRL> revocationLists() {
        return all("X509 CRL", "revocation list", (factory, content) -> (X509CRL) factory.generateCRL(content));
    }

    private interface Parser<T> {
        T parse(CertificateFactory factory, InputStream content) throws CertificateException, CRLException;
    }

    private <T> List<T> all(String type, String name, Parser<T> parser) {
        List<T> all = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Block block : blocks) {
                if (block.type.equals(type)) {
                    all.add(parser.parse(factory, new ByteArrayInputStream(block.content())));
                }
            }
        } catch (CertificateException | CRLException e) {
            throw new IllegalArgumentException("has a broken " + name + " (expected: X.509)", e);
        }
        if (all.isEmpty()) {
            throw new IllegalArgumentException(
                    "has " + blocks.get(0).type + " (expected: -----BEGIN " + type + "-----)");
        }
        return all;
    }

    /** The first key. */
    PrivateKey privateKey() {
        for (Block block : blocks) {
            if (block.type.equals("PRIVATE KEY")) {
                return privateKey(new PKCS8EncodedKeySpec(block.content()));
            }
        }
        String type = blocks.stream()
                .map(Block::type)
                .filter(found -> found.endsWith("PRIVATE KEY"))
                .findFirst()
                .orElse(blocks.get(0).type);
        throw new IllegalArgumentException(
                type.endsWith("PRIVATE KEY")
                        ? "has " + type + " (expected: -----BEGIN PRIVATE KEY-----; `openssl pkcs8 -topk8 -nocrypt`"
                                + " converts it)"
                        : "has " + type + " (expected: -----BEGIN PRIVATE KEY-----)");
    }

    private static PrivateKey privateKey(PKCS8EncodedKeySpec content) {
        for (String algorithm : List.of("EC", "RSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(content);
            } catch (GeneralSecurityException e) {
                // Not of this algorithm.
            }
        }
        throw new IllegalArgumentException("has a broken or unknown key (expected: RSA or EC, in PKCS #8)");
    }
}
