package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.client.internal.BearerTokenFile;
import io.flowhub.ephemeral.client.internal.Targets;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the settings of a client from the environment variables that {@link EphemeralClient#fromEnvironment} lists. */
final class ClientEnvironment {

    private static final String TARGET = "EPHEMERAL_CLIENT_TARGET";
    private static final String PLAINTEXT = "EPHEMERAL_CLIENT_PLAINTEXT";
    private static final String CA = "EPHEMERAL_CLIENT_CA";
    private static final String CERTIFICATE = "EPHEMERAL_CLIENT_CERTIFICATE";
    private static final String KEY = "EPHEMERAL_CLIENT_KEY";
    private static final String TOKEN_FILE = "EPHEMERAL_CLIENT_TOKEN_FILE";

    private static final String KEY_RULE = "a PEM file with a key: PKCS #8, not encrypted";

    private final Map<String, String> variables;

    static EphemeralClientBuilder builder(Map<String, String> variables) {
        return new ClientEnvironment(variables).builder();
    }

    private ClientEnvironment(Map<String, String> variables) {
        this.variables = variables;
    }

    private EphemeralClientBuilder builder() {
        EphemeralClientBuilder builder = builderOfTarget();
        if (isPlaintext()) {
            requireNoTlsFile();
            builder.plaintext();
        } else {
            builder.credentials(tls());
        }
        value(TOKEN_FILE).ifPresent(file -> addToken(builder, file));
        return builder;
    }

    private EphemeralClientBuilder builderOfTarget() {
        String target = value(TARGET).orElseThrow(() -> rejected(TARGET, "", Targets.RULE, null));
        try {
            return EphemeralClient.builder(target);
        } catch (IllegalArgumentException e) {
            throw rejected(TARGET, target, Targets.RULE, e);
        }
    }

    private boolean isPlaintext() {
        String value = value(PLAINTEXT).orElse("false");
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw rejected(PLAINTEXT, value, "true or false", null);
        };
    }

    private void requireNoTlsFile() {
        for (String name : new String[] {CA, CERTIFICATE, KEY}) {
            value(name).ifPresent(file -> {
                throw rejected(name, file, "unset, because " + PLAINTEXT + " is true", null);
            });
        }
    }

    private ChannelCredentials tls() {
        Optional<String> ca = value(CA);
        Optional<String> certificate = value(CERTIFICATE);
        Optional<String> key = value(KEY);
        if (certificate.isPresent() != key.isPresent()) {
            throw rejected(
                    key.isPresent() ? CERTIFICATE : KEY, "", "a PEM file, because the other of the two is set", null);
        }
        TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
        try {
            if (ca.isPresent()) {
                tls.trustManager(certificates(CA, ca.get()));
            }
            if (certificate.isPresent() && key.isPresent()) {
                tls.keyManager(certificates(CERTIFICATE, certificate.get()), privateKey(key.get()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Not of streams in memory.
        }
        ChannelCredentials credentials = tls.build();
        key.ifPresent(file -> requireKey(file, credentials));
        return credentials;
    }

    private static InputStream certificates(String name, String file) {
        String expected = "a PEM file with certificates";
        byte[] pem = read(name, file, expected);
        try {
            if (CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .isEmpty()) {
                throw rejected(name, file, expected, null);
            }
        } catch (CertificateException e) {
            throw rejected(name, file, expected, e);
        }
        return new ByteArrayInputStream(pem);
    }

    private static InputStream privateKey(String file) {
        byte[] pem = read(KEY, file, KEY_RULE);
        if (!new String(pem, StandardCharsets.ISO_8859_1).contains("-----BEGIN PRIVATE KEY-----")) {
            throw rejected(KEY, file, KEY_RULE, null);
        }
        return new ByteArrayInputStream(pem);
    }

    /** gRPC reads the key when a channel gets the credentials. This one is not built, so it does not connect. */
    private static void requireKey(String file, ChannelCredentials credentials) {
        try {
            Grpc.newChannelBuilder("localhost", credentials);
        } catch (IllegalArgumentException e) {
            throw rejected(KEY, file, KEY_RULE, e);
        }
    }

    private static byte[] read(String name, String file, String expected) {
        try {
            return Files.readAllBytes(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            throw rejected(name, file, expected, e);
        }
    }

    private static void addToken(EphemeralClientBuilder builder, String file) {
        Path path;
        try {
            path = Path.of(file);
        } catch (InvalidPathException e) {
            throw rejected(TOKEN_FILE, file, "a readable file", e);
        }
        builder.bearerToken(new BearerTokenFile(TOKEN_FILE, path)).tokenSetting(TOKEN_FILE);
    }

    private Optional<String> value(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    private static IllegalArgumentException rejected(
            String name, String value, String expected, @Nullable Throwable cause) {
        return new IllegalArgumentException(name + ": \"" + value + "\" (expected: " + expected + ")", cause);
    }
}
