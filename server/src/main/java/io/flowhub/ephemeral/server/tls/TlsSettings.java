package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.ServerSettings;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files of the gRPC port.
 *
 * @param certificate null if the port has no TLS; else {@code key} is set too
 * @param clientCa null exactly if {@code clientAuth} is NONE
 * @param clientCrl null if certificates of clients are not checked for revocation
 */
public record TlsSettings(
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path clientCa,
        @Nullable Path clientCrl,
        ClientAuth clientAuth) {

    /** Whether a client has to present a certificate. One that it presents must be of {@code tls.client_ca}. */
    public enum ClientAuth {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    public static final SettingsGroup<TlsSettings> GROUP =
            SettingsGroup.of("tls", TlsSettings::read, TlsSettings::check);

    static final Setting<Path> CERTIFICATE = GROUP.setting(
            "certificate",
            Parsers.path(),
            "",
            "PEM file with the certificate of the gRPC port, then those between it and its authority; unset serves in clear"
                    + " text; files under tls are reloaded when they change");
    static final Setting<Path> KEY = GROUP.setting(
            "key", Parsers.path(), "", "PEM file with the key of tls.certificate: PKCS #8, not encrypted, RSA or EC");
    static final Setting<Path> CLIENT_CA = GROUP.setting(
            "client_ca", Parsers.path(), "", "PEM file with the authorities that issue the certificates of clients");
    static final Setting<Path> CLIENT_CRL = GROUP.setting(
            "client_crl",
            Parsers.path(),
            "",
            "PEM file with the revocation lists (CRL) of all authorities in tls.client_ca: certificates that they list are"
                    + " refused, and all of an authority whose list has expired");
    static final Setting<ClientAuth> CLIENT_AUTH = GROUP.setting(
            "client_auth",
            Parsers.oneOf(ClientAuth.class),
            "none",
            "whether a client presents a certificate: none (it is not requested), optional or required");

    /** Not resolved: what a name resolves to can change between this check and the start. */
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|::1|0:0:0:0:0:0:0:1");

    private static TlsSettings read(SettingReader reader) {
        return new TlsSettings(
                reader.find(CERTIFICATE),
                reader.find(KEY),
                reader.find(CLIENT_CA),
                reader.find(CLIENT_CRL),
                reader.get(CLIENT_AUTH));
    }

    private static void check(SettingReader reader, Problems problems) {
        TlsSettings settings = read(reader);
        checkComplete(settings, problems);
        String host = reader.get(ServerSettings.HOST);
        if (settings.certificate == null
                && !reader.get(ServerSettings.INSECURE)
                && !LOOPBACK.matcher(host).matches()) {
            problems.add(
                    "server.host: " + host + " is not loopback, and without TLS everyone who reaches the port reads and"
                            + " changes all state (expected: tls.certificate and tls.key; or server.insecure: true on a private"
                            + " network or behind a proxy with TLS; or server.host: 127.0.0.1)");
        }
    }

    private static void checkComplete(TlsSettings settings, Problems problems) {
        boolean hasCertificate = settings.certificate != null;
        boolean hasClientCa = settings.clientCa != null;
        boolean requests = settings.clientAuth != ClientAuth.NONE;
        if (hasCertificate != (settings.key != null)) {
            problems.add(
                    hasCertificate
                            ? "tls.certificate: needs tls.key, which is not set"
                            : "tls.key: needs tls.certificate, which is not set");
        }
        if (requests && !hasClientCa) {
            problems.add("tls.client_auth: needs tls.client_ca, which is not set");
        }
        if (hasClientCa && !requests) {
            problems.add("tls.client_ca: needs tls.client_auth: optional or required, which is none");
        }
        if (settings.clientCrl != null && !hasClientCa) {
            problems.add("tls.client_crl: needs tls.client_ca, which is not set");
        }
        if (requests && !hasCertificate) {
            problems.add("tls.client_auth: needs tls.certificate, which is not set");
        }
    }
}
