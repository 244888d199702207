package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A server in this process, for unit tests of an application: on a free port of loopback, without Redis and Docker. All
 * calls and streams work as those of a server with the default settings, for any client, and a test can advance its time
 * and make it unavailable.
 *
 * <p>What differs from a server: every limit has a fixed window; failed attempts of one-time passwords are counted by the
 * hour, not by the day, and together with and without a challenge; an object of the cache is checked for its braces only,
 * and its lifetimes do not vary; nothing is overloaded or full, callers have no quotas, a slow reader has no gap, and
 * streams do not age. For these, and before a release, test against a real server: {@code ephemeral-testcontainers}.
 *
 * <p>Thread-safe. {@link #close} ends it.
 */
public final class FakeEphemeral implements AutoCloseable {

    private static final int EXPIRY_CHECK_MILLIS = 20;
    private static final String READINESS = "readiness";

    private final FakeState state = new FakeState();
    private final InMemoryRateLimits rateLimits = new InMemoryRateLimits(state);
    private final InMemorySessionFlags sessionFlags = new InMemorySessionFlags(state);
    private final InMemoryOtps otps = new InMemoryOtps(state, sessionFlags);
    private final InMemoryPresence presence = new InMemoryPresence(state);
    private final InMemoryTyping typing = new InMemoryTyping(state);
    private final InMemoryBroadcast broadcast = new InMemoryBroadcast(state);
    private final HealthStatusManager health = new HealthStatusManager();
    private final Server server;
    private final ScheduledExecutorService expiry = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "fake-ephemeral-expiry");
        thread.setDaemon(true);
        return thread;
    });

    /** Starts one on a free port. It has the limits {@code login_attempts} (5 a minute) and {@code api_hits} (100 a minute). */
    public static FakeEphemeral start() {
        return new FakeEphemeral();
    }

    private FakeEphemeral() {
        health.setStatus(READINESS, ServingStatus.SERVING);
        this.server = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), InsecureServerCredentials.create())
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(rateLimits)
                .addService(otps)
                .addService(sessionFlags)
                .addService(new InMemoryTokens(state))
                .addService(new InMemoryFeatureFlags(state))
                .addService(new InMemoryCache(state))
                .addService(presence)
                .addService(typing)
                .addService(broadcast)
                .addService(new InMemoryBudget(state))
                .addService(health.getHealthService())
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var unused = expiry.scheduleAtFixedRate(
                this::expire, EXPIRY_CHECK_MILLIS, EXPIRY_CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Where it listens, as {@link EphemeralClient#connect} takes it. */
    public String target() {
        return "localhost:" + server.getPort();
    }

    /** A new client with the default settings; the caller closes it. */
    public EphemeralClient connect() {
        return EphemeralClient.connect(target());
    }

    /**
     * Sets the limit of an action, with a fixed window.
     *
     * @param action {@code *} is that of all actions without one of their own
     */
    public void rateLimit(String action, int limit, Duration window) {
        state.run(() -> rateLimits.setPolicy(action, limit, window));
    }

    /**
     * Advances the time: what expires by then expires now, and streams receive it before this returns. The heartbeats of a
     * client go on in real time: after 10 seconds or more, all users go offline, and those that have heartbeats come back
     * within 3 seconds.
     */
    public void advance(Duration by) {
        state.clock.advance(by);
        expire();
    }

    /**
     * While set, calls fail with {@code UNAVAILABLE} and {@code ERROR_REASON_REDIS_UNAVAILABLE}, streams are stale, and the
     * health of {@code readiness} is NOT_SERVING, as during an outage of Redis. Nothing is lost.
     */
    public void unavailable(boolean unavailable) {
        state.run(() -> {
            if (state.isUnavailable() == unavailable) {
                return;
            }
            state.setUnavailable(unavailable);
            health.setStatus(READINESS, unavailable ? ServingStatus.NOT_SERVING : ServingStatus.SERVING);
            presence.announceAvailability(unavailable);
            typing.announceAvailability(unavailable);
            broadcast.announceAvailability(unavailable);
        });
    }

    /** The one-time password that the user has now, which an application sends by mail. */
    public Optional<String> otpCode(String userId) {
        return state.read(() -> otps.code(userId));
    }

    private void expire() {
        state.run(() -> {
            if (!state.isUnavailable()) {
                presence.expire();
                typing.expire();
            }
        });
    }

    /** Ends all streams and calls. */
    @Override
    public void close() {
        expiry.shutdownNow();
        server.shutdownNow();
        try {
            server.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
