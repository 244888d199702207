package io.flowhub.ephemeral.spring.client;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of the client bean.
 *
 * @param target host:port of a server, or of several, separated by commas. Calls are distributed over all addresses.
 * @param plaintext Whether to connect without TLS.
 * @param ca PEM file with the certificate authorities to trust instead of those of the JVM.
 * @param certificate PEM file with the certificate of this client. Needs the key.
 * @param key PEM file with the private key of the certificate.
 * @param ssl The SSL bundle.
 * @param tokenFile File with the bearer token of this caller. It is read again once a minute.
 * @param allowClearTextToken Whether the token may be sent without TLS to a target that is not on loopback.
 * @param deadline Time that a unary call without an own deadline may take, retries included.
 * @param keepAlive Time that a connection may be silent before the client pings the server. 10 seconds or more.
 * @param maxCacheWait Time that a read through the cache waits for the cache before it loads the object.
 * @param maxLoads Number of users, and of products, that are loaded concurrently.
 * @param loadDeadline Time that a load may take, including the wait for a thread.
 */
@ConfigurationProperties("ephemeral.client")
record EphemeralClientProperties(
        @Nullable String target,
        @DefaultValue("false") boolean plaintext,
        @Nullable Path ca,
        @Nullable Path certificate,
        @Nullable Path key,
        @DefaultValue Ssl ssl,
        @Nullable Path tokenFile,
        @DefaultValue("false") boolean allowClearTextToken,
        @DefaultValue("1s") Duration deadline,
        @DefaultValue("30s") Duration keepAlive,
        @DefaultValue("200ms") Duration maxCacheWait,
        @DefaultValue("16") int maxLoads,
        @DefaultValue("2s") Duration loadDeadline) {

    /**
     * Where TLS gets its keys from.
     *
     * @param bundle Name of the SSL bundle with the certificate authorities to trust, and the client certificate if the
     *     server needs one.
     */
    record Ssl(@Nullable String bundle) {}
}
