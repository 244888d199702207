package io.flowhub.ephemeral.client;

import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The settings of an {@link EphemeralClient}. Not thread-safe. */
public final class EphemeralClientBuilder {

    private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(1);
    private static final Duration MAX_DEADLINE = Duration.ofHours(1);

    private static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(30);
    private static final Duration MAX_KEEP_ALIVE = Duration.ofHours(1);

    /** What the server puts up with; it closes the connection of a client that pings more often. */
    private static final Duration MIN_KEEP_ALIVE = Duration.ofSeconds(10);

    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

    /** Room for an answer with 1,000 objects of 5 KB, the largest that the service holds. */
    private static final int MAX_RESPONSE_BYTES = 8 << 20;

    private static final Duration MAX_CACHE_WAIT = Duration.ofMinutes(1);
    private static final int MAX_LOADS = 1_000;

    private final String target;
    private final List<ClientInterceptor> interceptors = new ArrayList<>();
    private ChannelCredentials credentials = TlsChannelCredentials.create();
    private Duration deadline = DEFAULT_DEADLINE;
    private Duration keepAlive = DEFAULT_KEEP_ALIVE;
    private Duration maxCacheWait = ReadThroughSettings.DEFAULT.maxCacheWait();
    private int maxLoads = ReadThroughSettings.DEFAULT.maxLoads();
    private Duration loadDeadline = ReadThroughSettings.DEFAULT.loadDeadline();

    EphemeralClientBuilder(String target) {
        this.target = target;
    }

    /** No encryption and no proof of who the server is: for a private network only. */
    public EphemeralClientBuilder plaintext() {
        return credentials(InsecureChannelCredentials.create());
    }

    /** TLS with the certificate authorities that the JVM trusts. The default. */
    public EphemeralClientBuilder tls() {
        return credentials(TlsChannelCredentials.create());
    }

    /**
     * Other certificate authorities, or a certificate of the client's own.
     *
     * @param credentials such as {@code TlsChannelCredentials.newBuilder().trustManager(caFile).build()}
     */
    public EphemeralClientBuilder credentials(ChannelCredentials credentials) {
        this.credentials = credentials;
        return this;
    }

    /**
     * How long a unary call may take, repetitions included, if its stub has no deadline. Streams get none.
     *
     * @param deadline 1 millisecond to 1 hour; 1 second if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder deadline(Duration deadline) {
        this.deadline = inRange("deadline", deadline, Duration.ofMillis(1), MAX_DEADLINE);
        return this;
    }

    /**
     * After how long without a word from the server it is asked for a sign of life, also while no call is under way.
     * Without one for 5 seconds the connection is given up.
     *
     * @param keepAlive 10 seconds, the least that the server allows, to 1 hour; 30 seconds if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder keepAlive(Duration keepAlive) {
        this.keepAlive = inRange("keepAlive", keepAlive, MIN_KEEP_ALIVE, MAX_KEEP_ALIVE);
        return this;
    }

    /**
     * How long {@link ReadThrough#get} waits for the cache, be it for its answer or for somebody else who loads the
     * object, before it loads it itself. Half of what the caller's {@link io.grpc.Context} has left, if that is less.
     *
     * @param maxCacheWait 1 millisecond to 1 minute; 200 milliseconds if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder maxCacheWait(Duration maxCacheWait) {
        this.maxCacheWait = inRange("maxCacheWait", maxCacheWait, Duration.ofMillis(1), MAX_CACHE_WAIT);
        return this;
    }

    /**
     * How many loads of users, and how many of products, may run at a time: what the database is asked at once if
     * Ephemeral is away. One more waits for its place.
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
     * How long a load may take, with its wait for a place. Those who wait for it get a {@link LoadException} then.
     *
     * @param loadDeadline 1 millisecond to 1 hour; 2 seconds if not set
     * @throws IllegalArgumentException if it is out of range
     */
    public EphemeralClientBuilder loadDeadline(Duration loadDeadline) {
        this.loadDeadline = inRange("loadDeadline", loadDeadline, Duration.ofMillis(1), MAX_DEADLINE);
        return this;
    }

    /** Adds one that sees each call once, however often it is sent: for tracing, metrics or credentials of calls. */
    public EphemeralClientBuilder intercept(ClientInterceptor interceptor) {
        interceptors.add(interceptor);
        return this;
    }

    /** The client. It starts to connect, and does not wait for it. */
    public EphemeralClient build() {
        // The last interceptor that is added sees a call first.
        ManagedChannel channel = Grpc.newChannelBuilder(target, credentials)
                .defaultLoadBalancingPolicy("round_robin")
                .disableServiceConfigLookUp() // A DNS record must not say what may be repeated.
                .keepAliveTime(keepAlive.toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .keepAliveWithoutCalls(true)
                .maxInboundMessageSize(MAX_RESPONSE_BYTES)
                .intercept(new HarmlessRepeats())
                .intercept(new DefaultDeadline(deadline))
                .intercept(interceptors)
                .build();
        channel.getState(true); // Connects while the application still starts, not when its first caller waits.
        Reconnection.watch(channel);
        return new EphemeralClient(channel, deadline, new ReadThroughSettings(maxCacheWait, maxLoads, loadDeadline));
    }

    private static Duration inRange(String name, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + " to " + max + ")");
        }
        return value;
    }
}
