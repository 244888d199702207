package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.client.internal.BearerToken;
import io.flowhub.ephemeral.client.internal.BearerTokenFile;
import io.flowhub.ephemeral.client.internal.Targets;
import io.flowhub.ephemeral.client.internal.cache.ReadThroughSettings;
import io.flowhub.ephemeral.client.internal.retry.DefaultDeadline;
import io.flowhub.ephemeral.client.internal.retry.RetryInterceptor;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The settings of an {@link EphemeralClient}. Not thread-safe. */
public final class EphemeralClientBuilder {

    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(1);
    private static final Duration MAX_DEADLINE = Duration.ofHours(1);

    private static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(30);
    private static final Duration MAX_KEEP_ALIVE = Duration.ofHours(1);

    /** The server's minimum: it closes the connection of a client that pings more often. */
    private static final Duration MIN_KEEP_ALIVE = Duration.ofSeconds(10);

    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

    /** Holds a response with 1,000 objects of 5 KB, the largest that the service sends. */
    private static final int MAX_RESPONSE_BYTES = 8 << 20;

    private static final Duration MAX_CACHE_WAIT = Duration.ofMinutes(1);
    private static final int MAX_LOADS = 1_000;

    private final String target;
    private final List<ClientInterceptor> interceptors = new ArrayList<>();
    private ChannelCredentials credentials = TlsChannelCredentials.create();
    private boolean sendsToken;
    private String tokenSetting = "bearerToken";
    private boolean allowsClearTextToken;
    private Duration deadline = DEFAULT_DEADLINE;
    private Duration keepAlive = DEFAULT_KEEP_ALIVE;
    private Duration maxCacheWait = ReadThroughSettings.DEFAULT.maxCacheWait();
    private int maxLoads = ReadThroughSettings.DEFAULT.maxLoads();
    private Duration loadDeadline = ReadThroughSettings.DEFAULT.loadDeadline();

    EphemeralClientBuilder(String target) {
        this.target = target;
    }

    /** No encryption, and the server is not authenticated: for a private network only. */
    public EphemeralClientBuilder plaintext() {
        return credentials(InsecureChannelCredentials.create());
    }

    /** TLS with the certificate authorities that the JVM trusts. The default. */
    public EphemeralClientBuilder tls() {
        return credentials(TlsChannelCredentials.create());
    }

    /**
     * Other certificate authorities, or a client certificate.
     *
     * @param credentials such as {@code TlsChannelCredentials.newBuilder().trustManager(caFile).build()}
     */
    public EphemeralClientBuilder credentials(ChannelCredentials credentials) {
        this.credentials = credentials;
        return this;
    }

    /**
     * The deadline of a unary call, retries included, if its stub has none. Streams get none.
     *
     * @param deadline 1 millisecond to 1 hour; 1 second if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder deadline(Duration deadline) {
        this.deadline = inRange("deadline", deadline, Duration.ofMillis(1), MAX_DEADLINE);
        return this;
    }

    /**
     * How long a connection may be silent before the client pings the server, also while no call is in flight. Without a
     * reply within 5 seconds the client closes the connection.
     *
     * @param keepAlive 10 seconds, the minimum of the server, to 1 hour; 30 seconds if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder keepAlive(Duration keepAlive) {
        this.keepAlive = inRange("keepAlive", keepAlive, MIN_KEEP_ALIVE, MAX_KEEP_ALIVE);
        return this;
    }

    /**
     * How long {@link ReadThrough#get} waits for the cache, or for another process that loads the object, before it loads
     * the object itself. Half of the time left in the caller's {@link io.grpc.Context}, if that is less.
     *
     * @param maxCacheWait 1 millisecond to 1 minute; 200 milliseconds if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder maxCacheWait(Duration maxCacheWait) {
        this.maxCacheWait = inRange("maxCacheWait", maxCacheWait, Duration.ofMillis(1), MAX_CACHE_WAIT);
        return this;
    }

    /**
     * How many loads of users, and how many of products, run at a time: the concurrent load on the database while
     * Ephemeral is unavailable. Further loads wait.
     *
     * @param maxLoads 1 to 1,000; 16 if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder maxLoads(int maxLoads) {
        if (maxLoads < 1 || maxLoads > MAX_LOADS) {
            throw new IllegalArgumentException("maxLoads: " + maxLoads + " (expected: 1 to " + MAX_LOADS + ")");
        }
        this.maxLoads = maxLoads;
        return this;
    }

    /**
     * How long a load may take, including the wait for a thread. After that its callers get a {@link LoadException}.
     *
     * @param loadDeadline 1 millisecond to 1 hour; 2 seconds if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder loadDeadline(Duration loadDeadline) {
        this.loadDeadline = inRange("loadDeadline", loadDeadline, Duration.ofMillis(1), MAX_DEADLINE);
        return this;
    }

    /**
     * A bearer token in each call and stream, which proves the caller to a server that knows its callers. {@link #build}
     * rejects it without TLS, unless the target is on loopback or {@link #allowClearTextToken} is called.
     *
     * @param token returns the present token, once per call; an empty one is not sent. If it contains anything but
     *     printable ASCII characters, the call fails with {@code UNAUTHENTICATED}
     */
    public EphemeralClientBuilder bearerToken(Supplier<String> token) {
        sendsToken = true;
        return intercept(new BearerToken(token));
    }

    /**
     * A {@link #bearerToken} from a file: one line of printable ASCII characters; white space around it is ignored. The
     * file is read now, and again for a call when the last reading is more than a minute old; while it cannot be read or
     * breaks the rule, the last token is sent, and the log has one line.
     *
     * @throws IllegalArgumentException if it cannot be read now or breaks the rule
     */
    public EphemeralClientBuilder bearerTokenFile(Path file) {
        return bearerToken(new BearerTokenFile("bearerTokenFile", file));
    }

    /** Names the setting that the token is from, for {@link #build}. */
    EphemeralClientBuilder tokenSetting(String name) {
        tokenSetting = name;
        return this;
    }

    /** Permits to send the bearer token in clear text: for a network on which no one else reads. */
    public EphemeralClientBuilder allowClearTextToken() {
        allowsClearTextToken = true;
        return this;
    }

    /** Adds an interceptor that receives each call once, however often it is retried: for tracing, metrics or credentials. */
    public EphemeralClientBuilder intercept(ClientInterceptor interceptor) {
        interceptors.add(interceptor);
        return this;
    }

    /**
     * The client. It connects in the background.
     *
     * @throws IllegalArgumentException if a bearer token would be sent in clear text without permission
     */
    public EphemeralClient build() {
        if (sendsToken
                && credentials instanceof InsecureChannelCredentials
                && !allowsClearTextToken
                && !Targets.isLoopback(target)) {
            throw new IllegalArgumentException(tokenSetting + ": in clear text to " + target
                    + " (expected: TLS, a target on loopback, or allowClearTextToken())");
        }
        // The interceptor added last receives a call first.
        ManagedChannel channel = Grpc.newChannelBuilder(target, credentials)
                .defaultLoadBalancingPolicy("round_robin")
                .disableServiceConfigLookUp() // A DNS record must not decide what is retried.
                .keepAliveTime(keepAlive.toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .keepAliveWithoutCalls(true)
                .maxInboundMessageSize(MAX_RESPONSE_BYTES)
                .intercept(new RetryInterceptor())
                .intercept(new DefaultDeadline(deadline))
                .intercept(interceptors)
                .build();
        channel.getState(true); // Connects while the application starts, not at its first call.
        ReconnectBackoffReset.watch(channel);
        return new EphemeralClient(channel, deadline, new ReadThroughSettings(maxCacheWait, maxLoads, loadDeadline));
    }

    private static Duration inRange(String name, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
        return value;
    }
}
