package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.config.Setting;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the files contained when they were read.
 *
 * @param chain the certificate of the port first
 * @param clientCas empty if certificates of clients are not requested
 * @param clientCrls empty if revocation is not checked; otherwise at least one of each authority
 */
record TlsFiles(
        List<X509Certificate> chain, PrivateKey key, List<X509Certificate> clientCas, List<X509CRL> clientCrls) {

    /** The position of cRLSign in {@link X509Certificate#getKeyUsage}. */
    private static final int SIGNS_LISTS = 6;

    /**
     * Reads and checks the files.
     *
     * @throws IllegalArgumentException with setting, file and rule, if one cannot be used
     */
    static TlsFiles read(TlsSettings settings) {
        List<X509Certificate> chain = read(TlsSettings.CERTIFICATE, settings.certificate(), PemFile::certificates);
        PrivateKey key = read(TlsSettings.KEY, settings.key(), PemFile::privateKey);
        List<X509Certificate> clientCas = settings.clientCa() == null
                ? List.of()
                : read(TlsSettings.CLIENT_CA, settings.clientCa(), PemFile::certificates);
        List<X509CRL> clientCrls = settings.clientCrl() == null
                ? List.of()
                : read(TlsSettings.CLIENT_CRL, settings.clientCrl(), PemFile::revocationLists);
        if (!matches(key, chain.get(0))) {
            throw new IllegalArgumentException(TlsSettings.KEY.name() + ": " + settings.key()
                    + " is not the key of the first certificate in " + settings.certificate()
                    + " (expected: the key of tls.certificate)");
        }
        for (X509Certificate authority : clientCrls.isEmpty() ? List.<X509Certificate>of() : clientCas) {
            if (clientCrls.stream().noneMatch(list -> isOf(list, authority))) {
                throw new IllegalArgumentException(TlsSettings.CLIENT_CRL.name() + ": " + settings.clientCrl()
                        + " has no list of "
                        + authority.getSubjectX500Principal().getName()
                        + " (expected: of each authority in tls.client_ca one that it signed, with a next update)");
            }
        }
        return new TlsFiles(chain, key, clientCas, clientCrls);
    }

    /** All files that are in use. */
    static List<Path> of(TlsSettings settings) {
        return Stream.of(settings.certificate(), settings.key(), settings.clientCa(), settings.clientCrl())
                .filter(Objects::nonNull)
                .toList();
    }

    private interface Parser<T> {
        T parse(PemFile file);
    }

    private static <T> T read(Setting<Path> setting, @Nullable Path file, Parser<T> parser) {
        try {
            return parser.parse(PemFile.read(Objects.requireNonNull(file)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(setting.name() + ": " + file + " " + e.getMessage(), e);
        }
    }

    /** Whether it can be used at all. An expired one can: it refuses every certificate of its authority. */
    private static boolean isOf(X509CRL list, X509Certificate authority) {
        boolean[] usage = authority.getKeyUsage();
        try {
            list.verify(authority.getPublicKey());
        } catch (GeneralSecurityException e) {
            return false;
        }
        return list.getIssuerX500Principal().equals(authority.getSubjectX500Principal())
                && list.getNextUpdate() != null
                && (usage == null || usage[SIGNS_LISTS]);
    }

    private static boolean matches(PrivateKey key, X509Certificate certificate) {
        String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        byte[] text = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) { // keys of different algorithms
            return false;
        }
    }

    @Override
    public String toString() {
        return "TlsFiles[key redacted]";
    }
}
