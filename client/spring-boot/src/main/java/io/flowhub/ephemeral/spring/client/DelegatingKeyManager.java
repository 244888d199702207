package io.flowhub.ephemeral.spring.client;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** A key manager that can be replaced between two handshakes. */
final class DelegatingKeyManager extends X509ExtendedKeyManager {

    private volatile X509ExtendedKeyManager current;

    DelegatingKeyManager(X509ExtendedKeyManager current) {
        this.current = current;
    }

    void replace(X509ExtendedKeyManager next) {
        current = next;
    }

    @Override
    public @Nullable String chooseEngineClientAlias(String[] types, Principal @Nullable [] issuers, SSLEngine engine) {
        return current.chooseEngineClientAlias(types, issuers, engine);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String type, Principal @Nullable [] issuers, SSLEngine engine) {
        return current.chooseEngineServerAlias(type, issuers, engine);
    }

    @Override
    public @Nullable String chooseClientAlias(String[] types, Principal @Nullable [] issuers, Socket socket) {
        return current.chooseClientAlias(types, issuers, socket);
    }

    @Override
    public @Nullable String chooseServerAlias(String type, Principal @Nullable [] issuers, Socket socket) {
        return current.chooseServerAlias(type, issuers, socket);
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
        return current.getClientAliases(type, issuers);
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
        return current.getServerAliases(type, issuers);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
        return current.getCertificateChain(alias);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
        return current.getPrivateKey(alias);
    }
}
