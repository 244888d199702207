package io.flowhub.ephemeral.client;

import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A connection to Ephemeral and the generated stubs on it.
 *
 * <pre>{@code
 * try (EphemeralClient client = EphemeralClient.connect("localhost:9090")) {
 *     CheckRateResponse answer = client.rateLimits().checkRate(CheckRateRequest.newBuilder()
 *             .setUserId("alice")
 *             .setAction("login_attempts")
 *             .build());
 *     if (!answer.getAllowed()) { ... }
 * }
 * }</pre>
 *
 * <p>Thread-safe, as its stubs are. An application makes one, shares it and closes it at the end: a client holds one
 * connection to each server, made in the background and kept alive.
 *
 * <p>A unary call without a deadline gets the one of {@link EphemeralClientBuilder#deadline}, 1 second by default. A
 * deadline set on the stub wins: {@code client.rateLimits().withDeadlineAfter(Duration.ofMillis(50)).checkRate(...)}.
 * A stub's deadline starts to run with {@code withDeadlineAfter}, so it is set anew for each call.
 *
 * <p>A call that fails throws {@link io.grpc.StatusRuntimeException}, whose reason {@link EphemeralErrors} reads. One
 * that fails with {@code UNAVAILABLE} is sent again, 3 times in all at most and never past its deadline, if that cannot
 * do harm: looks, evictions, {@code ResetRate} and {@code Heartbeat} always; {@code CheckRate}, {@code IssueOtp}, {@code VerifyOtp} and
 * {@code ConsumeLoginToken} with a {@code request_id}; {@code CheckRate} with {@code hits: 0};
 * {@code RevokeLoginToken} with the token; {@code SetOffline} with a connection; a put with its lease. No other call is repeated once it may have reached a
 * server.
 */
public final class EphemeralClient extends Stubs implements AutoCloseable {

    private final ManagedChannel channel;
    private final Duration closeGrace;
    private final ReadThrough users;
    private final ReadThrough products;
    private final Streams streams;

    EphemeralClient(ManagedChannel channel, Duration closeGrace, ReadThroughSettings settings) {
        this.channel = channel;
        this.closeGrace = closeGrace;
        this.users = new ReadThrough("user", new UserEntries(channel), settings);
        this.products = new ReadThrough("product", new ProductEntries(channel), settings);
        this.streams = new Streams(channel);
    }

    /**
     * A client with the defaults and <b>without encryption</b>, for servers on a private network. It starts to
     * connect and does not wait for it; if no server is found, the calls say so.
     *
     * @param target as in {@link #builder}
     */
    public static EphemeralClient connect(String target) {
        return builder(target).plaintext().build();
    }

    /**
     * A client with other settings than the defaults. It uses TLS, unless {@link EphemeralClientBuilder#plaintext} is
     * chosen.
     *
     * @param target {@code host:port}, or a gRPC target with its scheme such as {@code dns:///host:port}. Calls take
     *     turns over all addresses that the name has
     * @throws IllegalArgumentException if the target is blank
     */
    public static EphemeralClientBuilder builder(String target) {
        return new EphemeralClientBuilder(Targets.withScheme(target));
    }

    /** Users, read through the cache: those that are not in it are loaded and put there. */
    public ReadThrough users() {
        return users;
    }

    /** Products, read through the cache: those that are not in it are loaded and put there. */
    public ReadThrough products() {
        return products;
    }

    /**
     * Keeps users online, from here on until it is closed. Mostly one per application.
     *
     * @throws IllegalStateException if this client is closed, as the other streams do
     */
    public Heartbeats heartbeats(HeartbeatsListener listener) {
        return Heartbeats.start(streams, channel, listener);
    }

    /** Watches who comes and goes; nobody at first. Mostly one per application. */
    public PresenceWatch watchPresence(PresenceListener listener) {
        return PresenceWatch.start(streams, listener);
    }

    /** Watches who types; in no room at first. Mostly one per application. */
    public TypingWatch watchTyping(TypingListener listener) {
        return TypingWatch.start(streams, listener);
    }

    /** Listens to the messages of rooms; of none at first. Mostly one per application. */
    public Subscription subscribe(SubscriptionListener listener) {
        return Subscription.start(streams, "", listener);
    }

    /**
     * As {@link #subscribe(SubscriptionListener)}, without the messages of one sender, such as the reader's own.
     *
     * @param excludedSenderId 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space or control
     *     characters
     */
    public Subscription subscribe(String excludedSenderId, SubscriptionListener listener) {
        return Subscription.start(streams, Roster.checked(excludedSenderId), listener);
    }

    @Override
    public Channel channel() {
        return channel;
    }

    /**
     * Takes no more calls, ends the streams, waits for the calls and loads under way for as long as the client's deadline
     * per call, and ends the rest. If the thread is interrupted, ends them at once and leaves it interrupted. Closing twice does
     * nothing more.
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
