package io.flowhub.ephemeral.spring.client;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.util.Arrays;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.springframework.boot.ssl.SslBundle;

/** The keys of an SSL bundle. After the bundle is reloaded, the next connection uses the new ones. */
final class ReloadedKeys {

    private final DelegatingTrustManager trust;
    private final DelegatingKeyManager keys;
    private final boolean hasKeys;

    ReloadedKeys(SslBundle bundle) {
        this.trust = new DelegatingTrustManager(trustOf(bundle));
        this.keys = new DelegatingKeyManager(keysOf(bundle));
        this.hasKeys = bundle.getStores().getKeyStore() != null;
    }

    void replace(SslBundle bundle) {
        trust.replace(trustOf(bundle));
        keys.replace(keysOf(bundle));
    }

    ChannelCredentials credentials() {
        TlsChannelCredentials.Builder credentials =
                TlsChannelCredentials.newBuilder().trustManager(trust);
        if (hasKeys) {
            credentials.keyManager(keys);
        }
        return credentials.build();
    }

    private static X509ExtendedTrustManager trustOf(SslBundle bundle) {
        return only(X509ExtendedTrustManager.class, bundle.getManagers().getTrustManagers());
    }

    private static X509ExtendedKeyManager keysOf(SslBundle bundle) {
        return only(X509ExtendedKeyManager.class, bundle.getManagers().getKeyManagers());
    }

    private static <T> T only(Class<T> type, Object[] managers) {
        return Arrays.stream(managers)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("The SSL bundle has no " + type.getSimpleName()));
    }
}
