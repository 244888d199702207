package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.fuzz.FuzzTarget;
import io.flowhub.ephemeral.server.fuzz.InputFile;
import io.flowhub.ephemeral.server.tls.TlsSettings.ClientAuth;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** The files of TLS: a byte that selects which of them the rest is, as PEM or as the content of a block of PEM. */
public final class PemTarget implements FuzzTarget {

    private static final int CERTIFICATE = 0;
    private static final int KEY = 1;
    private static final int REVOCATIONS = 2;
    private static final int FILES = 3;

    private static final List<String> TYPES = List.of("CERTIFICATE", "PRIVATE KEY", "X509 CRL");

    private final TestCertificate good = TestCertificate.selfSigned("server");
    private final String revoked = good.revocationListPem(Duration.ofDays(1), good);
    private final Path certificate = InputFile.create("certificate.pem");
    private final Path key = InputFile.create("key.pem");
    private final Path revocations = InputFile.create("revocations.pem");
    private final ExpiryLog expiry = new ExpiryLog(InstantSource.system());

    @Override
    public Stream<byte[]> seeds() {
        byte[] certificateBytes = Unchecked.call(good.certificate()::getEncoded);
        return Stream.of(
                input(CERTIFICATE, latin(good.certificatePem())),
                input(KEY, latin(good.keyPem())),
                input(CERTIFICATE, latin(good.keyPem() + good.certificatePem() + good.certificatePem())),
                input(REVOCATIONS, latin(revoked)),
                input(FILES + REVOCATIONS, Base64.getMimeDecoder().decode(revoked.replaceAll("-----[^-]*-----", ""))),
                input(FILES + CERTIFICATE, certificateBytes),
                input(FILES + KEY, good.key().getEncoded()),
                input(CERTIFICATE, latin("-----BEGIN A-----".repeat(60_000))),
                input(CERTIFICATE, latin("-----BEGIN A-----" + "\n".repeat(1_000_000))),
                input(CERTIFICATE, latin("-----BEGIN " + "A".repeat(1_000_000))),
                input(KEY, latin("-----BEGIN A-----a-----END A-----\n".repeat(30_000))));
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] input(int selector, byte[] content) {
        byte[] input = new byte[1 + content.length];
        input[0] = (byte) selector;
        System.arraycopy(content, 0, input, 1, content.length);
        return input;
    }

    @Override
    public long maxAllocatedBytes() {
        return 256 << 20;
    }

    @Override
    public void read(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        int selector = (input[0] & 0xff) % (2 * FILES);
        int file = selector % FILES;
        byte[] content = Arrays.copyOfRange(input, 1, input.length);
        byte[] changed = selector < FILES ? content : latin(block(TYPES.get(file), content));
        Files.write(certificate, file == CERTIFICATE ? changed : latin(good.certificatePem()));
        Files.write(key, file == KEY ? changed : latin(good.keyPem()));
        Files.write(revocations, file == REVOCATIONS ? changed : latin(revoked));
        try {
            expiry.loaded(
                    TlsFiles.read(new TlsSettings(certificate, key, certificate, revocations, ClientAuth.OPTIONAL)));
        } catch (IllegalArgumentException e) {
            if (!String.valueOf(e.getMessage()).matches("(?s)tls\\.\\w+: .*\\(expected: .*")) {
                throw e;
            }
        }
    }

    private static String block(String type, byte[] content) {
        return "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(content) + "\n-----END " + type
                + "-----\n";
    }
}
