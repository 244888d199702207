package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.client.internal.IdFormat;
import io.flowhub.ephemeral.client.internal.Targets;
import io.flowhub.ephemeral.client.internal.cache.CacheReadThrough;
import io.flowhub.ephemeral.client.internal.cache.ReadThroughSettings;
import io.flowhub.ephemeral.client.internal.heartbeat.StreamingHeartbeats;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
import io.flowhub.ephemeral.client.internal.watch.ReconnectingPresenceWatch;
import io.flowhub.ephemeral.client.internal.watch.ReconnectingSubscription;
import io.flowhub.ephemeral.client.internal.watch.ReconnectingTypingWatch;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A connection to Ephemeral: the common calls, the generated stubs, reads through the cache, and streams that reconnect.
 *
 * <pre>{@code
 * try (EphemeralClient client = EphemeralClient.connect("localhost:9090")) {
 *     CheckRateResponse response = client.checkRate("alice", "login_attempts");
 *     if (!response.getAllowed()) { ... }
 * }
 * }</pre>
 *
 * <p>Thread-safe, as its stubs are. An application makes one, shares it and closes it at the end: a client holds one
 * connection to each server, opened in the background and kept alive.
 *
 * <p>A unary call without a deadline gets that of {@link EphemeralClientBuilder#deadline}, 1 second by default. A deadline
 * set on the stub takes precedence: {@code client.rateLimits().withDeadlineAfter(Duration.ofMillis(50)).checkRate(...)}.
 * A stub's deadline starts to run with {@code withDeadlineAfter}, so set it for each call.
 *
 * <p>A failed call throws {@link io.grpc.StatusRuntimeException}; {@link EphemeralErrors} reads its reason. A call that
 * fails with {@code UNAVAILABLE} is retried within its deadline, with 3 attempts at most, if a second execution is safe:
 * reads and idempotent calls always, and calls with a {@code request_id}. The guide of the client lists every RPC.
 */
public final class EphemeralClient implements EphemeralCalls, AutoCloseable {

    private final ManagedChannel channel;
    private final Duration closeGrace;
    private final CacheReadThrough users;
    private final CacheReadThrough products;
    private final StreamRegistry streams;

    EphemeralClient(ManagedChannel channel, Duration closeGrace, ReadThroughSettings settings) {
        this.channel = channel;
        this.closeGrace = closeGrace;
        this.users = CacheReadThrough.ofUsers(channel, settings);
        this.products = CacheReadThrough.ofProducts(channel, settings);
        this.streams = new StreamRegistry(channel);
    }

    /**
     * A client with the default settings and <b>without encryption</b>, for servers on a private network. It connects in
     * the background; if no server is reachable, calls fail with {@code UNAVAILABLE}.
     *
     * @param target as in {@link #builder}
     */
    public static EphemeralClient connect(String target) {
        return builder(target).plaintext().build();
    }

    /**
     * A builder for a client with other settings. It uses TLS unless {@link EphemeralClientBuilder#plaintext} is called;
     * for a server in clear text it must be called.
     *
     * @param target {@code host:port}, several of them separated by commas, or a gRPC target with its scheme such as
     *     {@code dns:///host:port}. Calls are distributed over all addresses of all names, round-robin
     * @throws IllegalArgumentException if the target is of another form, its port is not 1 to 65535, or gRPC does not know its
     *     scheme
     */
    public static EphemeralClientBuilder builder(String target) {
        return new EphemeralClientBuilder(Targets.withScheme(target));
    }

    /**
     * A client as the environment variables set it:
     *
     * <ul>
     *   <li>{@code EPHEMERAL_CLIENT_TARGET}, as in {@link #builder}; required
     *   <li>{@code EPHEMERAL_CLIENT_PLAINTEXT}: {@code true} for no encryption; otherwise TLS
     *   <li>{@code EPHEMERAL_CLIENT_CA}: a PEM file with the authorities to trust, instead of those of the JVM
     *   <li>{@code EPHEMERAL_CLIENT_CERTIFICATE} and {@code EPHEMERAL_CLIENT_KEY}: PEM files with the certificate of this
     *       client and its key (PKCS #8, not encrypted)
     *   <li>{@code EPHEMERAL_CLIENT_TOKEN_FILE}, as in {@link EphemeralClientBuilder#bearerTokenFile}
     * </ul>
     *
     * <p>An empty variable counts as unset.
     *
     * @throws IllegalArgumentException if a variable has a bad value or is missing; the message has its name and the rule
     */
    public static EphemeralClient fromEnvironment() {
        return builderFromEnvironment().build();
    }

    /** A builder with what {@link #fromEnvironment} sets, for further settings. */
    public static EphemeralClientBuilder builderFromEnvironment() {
        return ClientEnvironment.builder(System.getenv());
    }

    /** Reads users through the cache. */
    public ReadThrough users() {
        return users;
    }

    /** Reads products through the cache. */
    public ReadThrough products() {
        return products;
    }

    /**
     * Starts to keep users online, none at first. Usually one per application. Ends with this client.
     *
     * @throws IllegalStateException if this client is closed
     */
    public Heartbeats heartbeats(HeartbeatsListener listener) {
        return StreamingHeartbeats.start(streams, channel, listener);
    }

    /**
     * Starts to watch whether users are online, none at first. Usually one per application. Ends with this client.
     *
     * @throws IllegalStateException if this client is closed
     */
    public PresenceWatch watchPresence(PresenceListener listener) {
        return ReconnectingPresenceWatch.start(streams, listener);
    }

    /**
     * Starts to watch the users typing in rooms, none at first. Usually one per application. Ends with this client.
     *
     * @throws IllegalStateException if this client is closed
     */
    public TypingWatch watchTyping(TypingListener listener) {
        return ReconnectingTypingWatch.start(streams, listener);
    }

    /**
     * Starts to receive the messages of rooms, none at first. Usually one per application. Ends with this client.
     *
     * @throws IllegalStateException if this client is closed
     */
    public Subscription subscribe(SubscriptionListener listener) {
        return ReconnectingSubscription.start(streams, "", listener);
    }

    /**
     * As {@link #subscribe(SubscriptionListener)}, without the messages of one sender, usually the subscriber itself.
     *
     * @param excludedSenderId 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space,
     *     control or format characters
     * @throws IllegalArgumentException if the id breaks the rule
     * @throws IllegalStateException if this client is closed
     */
    public Subscription subscribe(String excludedSenderId, SubscriptionListener listener) {
        return ReconnectingSubscription.start(streams, IdFormat.require(excludedSenderId), listener);
    }

    @Override
    public Channel channel() {
        return channel;
    }

    /**
     * Rejects new calls, ends the streams, waits up to {@link EphemeralClientBuilder#deadline} for calls and loads in
     * flight, and cancels the rest. If the thread is interrupted, cancels them at once and leaves it interrupted. Closing
     * twice has no further effect.
     */
    @Override
    public void close() {
        streams.close();
        users.shutdown();
        products.shutdown();
        channel.shutdown();
        try {
            Deadline end = Deadline.after(closeGrace.toNanos(), TimeUnit.NANOSECONDS);
            users.awaitTermination(end);
            products.awaitTermination(end);
            channel.awaitTermination(end.timeRemaining(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        users.shutdownNow();
        products.shutdownNow();
        channel.shutdownNow();
    }
}
