package io.flowhub.ephemeral.spring.client;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.MutuallyExclusiveConfigurationPropertiesException;
import org.springframework.boot.ssl.SslBundles;

/** Clear text, an SSL bundle, or PEM files. */
final class ClientTls {

    private final EphemeralClientProperties properties;
    private final ObjectProvider<SslBundles> sslBundles;

    ClientTls(EphemeralClientProperties properties, ObjectProvider<SslBundles> sslBundles) {
        this.properties = properties;
        this.sslBundles = sslBundles;
    }

    /** Empty: TLS with what the JVM trusts. */
    Optional<ChannelCredentials> credentials() {
        rejectContradictions();
        String bundle = properties.ssl().bundle();
        if (properties.plaintext()) {
            return Optional.of(InsecureChannelCredentials.create());
        } else if (bundle != null) {
            return Optional.of(ofBundle(bundle));
        } else if (properties.ca() != null || properties.certificate() != null) {
            return Optional.of(ofFiles());
        }
        return Optional.empty();
    }

    private void rejectContradictions() {
        String plaintext = properties.plaintext() ? "true" : null;
        String bundle = properties.ssl().bundle();
        exclusive("plaintext", plaintext, "ssl.bundle", bundle);
        exclusive("plaintext", plaintext, "ca", properties.ca());
        exclusive("plaintext", plaintext, "certificate", properties.certificate());
        exclusive("ssl.bundle", bundle, "ca", properties.ca());
        exclusive("ssl.bundle", bundle, "certificate", properties.certificate());
        if ((properties.certificate() == null) != (properties.key() == null)) {
            boolean hasKey = properties.key() != null;
            throw ClientFromProperties.invalid(
                    hasKey ? "certificate" : "key", null, "It is not set (expected: a certificate and its key)");
        }
    }

    private static void exclusive(String name, @Nullable Object value, String otherName, @Nullable Object otherValue) {
        MutuallyExclusiveConfigurationPropertiesException.throwIfMultipleNonNullValuesIn(entries -> {
            entries.put("ephemeral.client." + name, value);
            entries.put("ephemeral.client." + otherName, otherValue);
        });
    }

    private ChannelCredentials ofBundle(String name) {
        SslBundles bundles = sslBundles.getObject();
        ReloadedKeys keys = new ReloadedKeys(bundles.getBundle(name));
        bundles.addBundleUpdateHandler(name, keys::replace);
        return keys.credentials();
    }

    private ChannelCredentials ofFiles() {
        TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
        Path ca = properties.ca();
        if (ca != null) {
            try {
                credentials.trustManager(ca.toFile());
            } catch (IOException e) {
                throw ClientFromProperties.invalid("ca", ca, "It cannot be read: " + e.getMessage());
            }
        }
        Path certificate = properties.certificate();
        Path key = properties.key();
        if (certificate != null && key != null) {
            try {
                credentials.keyManager(certificate.toFile(), key.toFile());
            } catch (IOException e) {
                throw ClientFromProperties.invalid("certificate", certificate, "It cannot be read: " + e.getMessage());
            }
        }
        return credentials.build();
    }
}
