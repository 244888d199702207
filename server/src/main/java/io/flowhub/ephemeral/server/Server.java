package io.flowhub.ephemeral.server;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.broadcast.BroadcastBroker;
import io.flowhub.ephemeral.server.broadcast.BroadcastService;
import io.flowhub.ephemeral.server.budget.BudgetService;
import io.flowhub.ephemeral.server.budget.BudgetStore;
import io.flowhub.ephemeral.server.cache.CacheService;
import io.flowhub.ephemeral.server.cache.CacheStore;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.ServerSettings;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.flag.FeatureFlagService;
import io.flowhub.ephemeral.server.flag.FeatureFlagStore;
import io.flowhub.ephemeral.server.otp.DisabledOtpService;
import io.flowhub.ephemeral.server.otp.OtpService;
import io.flowhub.ephemeral.server.otp.OtpStore;
import io.flowhub.ephemeral.server.otp.Peppers;
import io.flowhub.ephemeral.server.presence.Presence;
import io.flowhub.ephemeral.server.presence.PresenceService;
import io.flowhub.ephemeral.server.ratelimit.RateLimitService;
import io.flowhub.ephemeral.server.ratelimit.RateLimitStore;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.rpc.MalformedRequests;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.session.SessionService;
import io.flowhub.ephemeral.server.session.SessionStore;
import io.flowhub.ephemeral.server.token.TokenService;
import io.flowhub.ephemeral.server.token.TokenStore;
import io.flowhub.ephemeral.server.typing.TypingService;
import io.flowhub.ephemeral.server.typing.TypingStore;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running server: every part, put together in one place. */
public final class Server implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Server.class);

    /** Health by this name follows Redis; health by the empty name only says that the process lives. */
    public static final String READINESS = "readiness";

    private static final int MAX_REQUEST_BYTES = 1 << 20;
    private static final int MAX_CALLS_PER_CONNECTION = 1_024;
    private static final int MIN_CLIENT_KEEPALIVE_SECONDS = 10;

    private final ServerSettings settings;
    private final RedisClient redis;
    private final RateLimitStore rateLimits;
    private final BudgetStore budget;
    private final Presence presence;
    private final TypingStore typing;
    private final BroadcastBroker broadcast;
    private final EventLoops eventLoops = new EventLoops();
    private final StreamCalls streams = new StreamCalls(eventLoops);
    private final HealthStatusManager health;
    private final io.grpc.Server grpc;

    /**
     * Starts to listen, and to connect to Redis in the background.
     *
     * @param more further services, as the benchmark has one
     * @throws IOException if the port is taken, or the embedded Redis does not start
     */
    public static Server start(Settings settings, BindableService... more) throws IOException {
        RedisClient redis = RedisClient.open(settings.redis(), Ticker.systemTicker());
        try {
            return new Server(settings, redis, List.of(more));
        } catch (IOException | RuntimeException e) {
            redis.close();
            throw e;
        }
    }

    private Server(Settings settings, RedisClient redis, List<BindableService> more) throws IOException {
        this.settings = settings.server();
        this.redis = redis;
        this.rateLimits = new RateLimitStore(settings.rateLimit(), redis, Ticker.systemTicker());
        this.budget = new BudgetStore(settings.budget(), redis, Ticker.systemTicker());
        this.presence = new Presence(settings.presence(), settings.redis().maxQueuedCalls(), redis);
        this.typing = new TypingStore(redis, Ticker.systemTicker());
        this.broadcast = new BroadcastBroker(redis);
        this.health = new HealthStatusManager();

        Optional<Peppers> peppers =
                Peppers.of(settings.otp(), settings.redis().endpoint() instanceof RedisSettings.Embedded);

        List<BindableService> services = new ArrayList<>(List.of(
                new RateLimitService(rateLimits),
                new TokenService(new TokenStore(redis)),
                new SessionService(new SessionStore(redis)),
                new FeatureFlagService(new FeatureFlagStore(redis)),
                new CacheService(new CacheStore(settings.cache(), redis, budget::isFull)),
                new PresenceService(presence, streams),
                new TypingService(typing, streams),
                new BroadcastService(broadcast, streams),
                new BudgetService(budget)));
        peppers.ifPresent(known -> services.add(new OtpService(new OtpStore(settings.otp(), known, redis))));
        watchReadiness(services);
        if (peppers.isEmpty()) {
            log.warn(DisabledOtpService.HINT);
            services.add(new DisabledOtpService());
            health.setStatus(OtpServiceGrpc.SERVICE_NAME, ServingStatus.NOT_SERVING);
        }
        services.addAll(more);
        services.add(health.getHealthService());
        if (this.settings.reflection()) {
            services.addAll(reflection());
        }
        this.grpc = listen(services);
    }

    private void watchReadiness(List<BindableService> services) {
        List<String> names = new ArrayList<>(List.of(READINESS));
        services.forEach(service ->
                names.add(service.bindService().getServiceDescriptor().getName()));
        redis.addAvailabilityListener(up ->
                names.forEach(name -> health.setStatus(name, up ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)));
    }

    @SuppressWarnings("deprecation") // v1alpha is what older tools ask for.
    private static List<BindableService> reflection() {
        return List.of(
                ProtoReflectionServiceV1.newInstance(), io.grpc.protobuf.services.ProtoReflectionService.newInstance());
    }

    /** Calls run on the event loops themselves: no handler ever blocks. */
    private io.grpc.Server listen(List<BindableService> services) throws IOException {
        NettyServerBuilder builder = eventLoops
                .useIn(NettyServerBuilder.forAddress(new InetSocketAddress(settings.host(), settings.port())))
                .directExecutor()
                .maxInboundMessageSize(MAX_REQUEST_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .permitKeepAliveTime(MIN_CLIENT_KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxConnectionAge(settings.maxConnectionAge().toMillis(), TimeUnit.MILLISECONDS)
                .maxConnectionAgeGrace(settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS);
        services.forEach(service -> builder.addService(MalformedRequests.rejectIn(service)));
        try {
            return builder.build().start();
        } catch (IOException e) {
            closeFeatures();
            eventLoops.close();
            throw e;
        }
    }

    public int port() {
        return grpc.getPort();
    }

    /** Completes with whether Redis answered when it was first asked. */
    public CompletionStage<Boolean> initialRedisCheck() {
        return redis.initialRedisCheck();
    }

    /** One line: what is served where, on which Redis. */
    public String describe() {
        List<String> names = grpc.getServices().stream()
                .map(service -> service.getServiceDescriptor().getName())
                .filter(name -> !name.startsWith("grpc."))
                .sorted()
                .toList();
        return "Serving " + String.join(", ", names) + " on " + settings.host() + ":" + port() + ", state in "
                + redis.describe();
    }

    /** Puts those settings into force that may change while the server runs: the rate limits. */
    public void reload(Settings changed) {
        rateLimits.use(changed.rateLimit());
    }

    /** Says no to readiness, lets running calls finish, then closes Redis. */
    @Override
    public void close() {
        log.info("Stopping: no new calls, {} at most for those under way", settings.drainTimeout());
        health.enterTerminalState();
        try {
            TimeUnit.MILLISECONDS.sleep(settings.drainDelay().toMillis());
            grpc.shutdown();
            streams.drain(settings.drainTimeout().dividedBy(2));
            if (!grpc.awaitTermination(settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("Some calls did not finish within {}", settings.drainTimeout());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        grpc.shutdownNow();
        eventLoops.close();
        closeFeatures();
        redis.close();
        log.info("Stopped");
    }

    /** Those with threads or tasks of their own. */
    private void closeFeatures() {
        presence.close();
        typing.close();
        broadcast.close();
        budget.close();
    }
}
