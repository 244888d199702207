package io.flowhub.ephemeral.server;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.admin.AdminListener;
import io.flowhub.ephemeral.server.admin.AdminPages;
import io.flowhub.ephemeral.server.admin.AdminSettings;
import io.flowhub.ephemeral.server.admin.BuildVersion;
import io.flowhub.ephemeral.server.caller.CallerGate;
import io.flowhub.ephemeral.server.caller.CallerSettings;
import io.flowhub.ephemeral.server.config.Configuration;
import io.flowhub.ephemeral.server.config.LiveConfiguration;
import io.flowhub.ephemeral.server.config.ServerSettings;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.log.RecentEvents;
import io.flowhub.ephemeral.server.metrics.CallMetrics;
import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.rpc.ReflectionWithErrorDetails;
import io.flowhub.ephemeral.server.rpc.ServiceBinding;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.tls.PortCredentials;
import io.flowhub.ephemeral.server.tls.TlsSettings;
import io.grpc.BindableService;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running server: starts, connects and closes all parts. */
public final class Server implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Server.class);
    private static final LogEvent STARTED = LogEvent.info(
            "server_started",
            "Ephemeral {version}, Java {java}: Serving {services} on {address} {transport}, state in {redis}, admin"
                    + " listener {admin}");
    private static final LogEvent STOPPING =
            LogEvent.info("server_stopping", "Shutting down: no new calls; running calls have {timeout} to finish");
    private static final LogEvent CALLS_CUT = LogEvent.warn("calls_cut", "Some calls did not finish within {timeout}");

    /** Health under this name follows Redis; health under the empty name only states that the process runs. */
    public static final String READINESS = "readiness";

    /** A client has them to itself: one connection takes at most an eighth of the calls that the server may have. */
    private static final int MAX_CALLS_PER_CONNECTION = 1_024;

    private static final int MIN_CALLS_PER_CONNECTION = 16;
    private static final int SHARE_OF_A_CONNECTION = 8;

    private static final int MIN_CLIENT_KEEPALIVE_SECONDS = 10;
    private static final int KEEPALIVE_SECONDS = 60;

    private static final int HANDSHAKE_SECONDS = 10;

    /** Of all headers of a call, counted as HTTP/2 does: 32 bytes more for each. */
    private static final int MAX_HEADER_BYTES = 8 * 1_024;

    /** Bytes that a connection may send ahead of what is read: two messages of the longest payload. */
    private static final int RECEIVE_WINDOW_BYTES = 128 * 1_024;

    /** A client resets a call whose deadline has passed; one that resets more costs more than it can use. */
    private static final int MAX_RESETS = 5_000;

    private static final int RESETS_PERIOD_SECONDS = 10;

    /** A few bytes of gzip may be a long message: a caller that sends it gets UNIMPLEMENTED. */
    private static final DecompressorRegistry NO_COMPRESSION =
            DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false);

    private final LiveConfiguration configuration;
    private final ServerSettings settings;
    private final RedisClient redis;
    private final List<FeatureDefinition.Running<?>> features;
    private final EventLoops eventLoops;
    private final PortCredentials credentials;
    private final StreamCalls streams;
    private final StreamMemory streamMemory = StreamMemory.ofHeap();
    private final HealthStatusManager health;
    private final @Nullable CallerGate gate;
    private final PrometheusRegistry metrics;
    private final EnumCounter<ReloadMetrics.Result> configReloads;
    private final RecentEvents events;
    private final AdminListener admin;
    private final io.grpc.Server grpc;

    /** Whether calls are accepted: from when the port listens until the shutdown begins. */
    private volatile boolean accepting;

    /**
     * Starts to listen, and to connect to Redis in the background.
     *
     * @param additionalServices further services, such as the one of the benchmark
     * @throws IOException if the port is taken, or the embedded Redis does not start
     */
    public static Server start(Configuration configuration, BindableService... additionalServices) throws IOException {
        return start(configuration, new PrometheusRegistry(), additionalServices);
    }

    /** @param metrics where all metrics are registered */
    static Server start(Configuration configuration, PrometheusRegistry metrics, BindableService... additionalServices)
            throws IOException {
        Deque<Runnable> started = new ArrayDeque<>();
        try {
            return new Server(configuration, metrics, List.of(additionalServices), started);
        } catch (Throwable e) {
            started.forEach(Runnable::run);
            throw e;
        }
    }

    /** @param started receives how to close each part that is started, the last one first */
    private Server(
            Configuration configuration,
            PrometheusRegistry metrics,
            List<BindableService> additionalServices,
            Deque<Runnable> started)
            throws IOException {
        Settings settings = configuration.settings();
        Ticker ticker = Ticker.systemTicker();
        this.events = RecentEvents.open();
        started.push(events::close);
        this.configuration = new LiveConfiguration(configuration);
        this.settings = settings.server();
        this.metrics = metrics;
        ReloadMetrics reloads = new ReloadMetrics(metrics);
        this.configReloads = reloads.of("config");
        this.redis = RedisClient.open(settings.redis(), ticker);
        started.push(redis::close);
        this.credentials = PortCredentials.open(settings.get(TlsSettings.GROUP), InstantSource.system(), reloads);
        started.push(credentials::close);
        this.eventLoops = new EventLoops();
        started.push(eventLoops::close);
        this.streams = new StreamCalls(eventLoops, this.settings.maxStreamAge(), this.settings.drainTimeout());
        redis.subscriptionDemand(streams::anyOpen);
        this.health = new HealthStatusManager();

        FeatureContext context = new FeatureContext(
                redis,
                settings.redis(),
                ticker,
                streams,
                streamMemory,
                new FanoutMetrics(metrics),
                new MemoryPressure(ticker),
                metrics,
                reloads,
                Features.keyKinds());
        this.features = new ArrayList<>();
        for (FeatureDefinition<?> definition : Features.ALL) {
            FeatureDefinition.Running<?> feature = definition.start(settings, context);
            features.add(feature);
            started.push(feature::close);
        }

        List<BindableService> services = new ArrayList<>();
        features.forEach(feature -> services.addAll(feature.feature().services()));
        watchReadiness();
        services.addAll(additionalServices);
        services.add(health.getHealthService());
        if (this.settings.reflection()) {
            services.addAll(reflection());
        }
        this.gate = gate(settings.get(CallerSettings.GROUP).file(), services, ticker, reloads);
        if (gate != null) {
            started.push(gate::close);
        }
        this.admin = AdminListener.open(
                settings.get(AdminSettings.GROUP),
                () -> AdminPages.of(
                        metrics,
                        () -> accepting && redis.isAvailable(),
                        this::tlsExpiries,
                        () -> this.configuration.inForce().inForce(),
                        events::json));
        started.push(admin::close);
        this.grpc = listen(services, ticker);
        this.accepting = true;
    }

    /** The health of a service follows Redis; that of a disabled feature is always NOT_SERVING. */
    private void watchReadiness() {
        List<String> names = new ArrayList<>(List.of(READINESS));
        for (FeatureDefinition.Running<?> running : features) {
            for (BindableService service : running.feature().services()) {
                String name = service.bindService().getServiceDescriptor().getName();
                if (running.feature().enabled()) {
                    names.add(name);
                } else {
                    health.setStatus(name, ServingStatus.NOT_SERVING);
                }
            }
        }
        redis.addAvailabilityListener(up ->
                names.forEach(name -> health.setStatus(name, up ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)));
    }

    @SuppressWarnings("deprecation") // v1alpha is for older tools
    static List<BindableService> reflection() {
        return List.of(
                ReflectionWithErrorDetails.of(ProtoReflectionServiceV1.newInstance()),
                ReflectionWithErrorDetails.of(io.grpc.protobuf.services.ProtoReflectionService.newInstance()));
    }

    /** Null without a file of callers: then every call is admitted. */
    private static @Nullable CallerGate gate(
            @Nullable Path file, List<BindableService> services, Ticker ticker, ReloadMetrics reloads)
            throws IOException {
        return file == null
                ? null
                : CallerGate.open(
                        file,
                        Stream.concat(
                                        Features.services().stream(), // a right to a service that is off stays valid
                                        services.stream()
                                                .map(service ->
                                                        service.bindService().getServiceDescriptor()))
                                .toList(),
                        ticker,
                        reloads);
    }

    /** Calls run on the event loops themselves: no handler ever blocks. */
    private io.grpc.Server listen(List<BindableService> services, Ticker ticker) throws IOException {
        ConnectionLimit connections =
                new ConnectionLimit(settings.maxConnections(), gate == null ? any -> {} : gate::onAccepted);
        NettyServerBuilder builder = eventLoops
                .configure(
                        NettyServerBuilder.forAddress(
                                new InetSocketAddress(settings.host(), settings.port()), credentials.credentials()),
                        connections)
                .directExecutor()
                .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
                .maxInboundMessageSize(ServiceBinding.MAX_REQUEST_BYTES)
                .flowControlWindow(RECEIVE_WINDOW_BYTES)
                .decompressorRegistry(NO_COMPRESSION)
                .maxConcurrentCallsPerConnection(maxCallsPerConnection(settings.maxCalls()))
                .maxInboundMetadataSize(MAX_HEADER_BYTES)
                .maxRstFramesPerWindow(MAX_RESETS, RESETS_PERIOD_SECONDS)
                .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveTime(MIN_CLIENT_KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxConnectionAge(settings.maxConnectionAge().toMillis(), TimeUnit.MILLISECONDS);
        ServiceBinding binding = new ServiceBinding(settings.maxCalls(), redis::queuedMillis);
        if (admin.isListening()) {
            builder.addStreamTracerFactory(new CallMetrics(metrics, ticker, methods(services)));
        }
        binding.register(metrics);
        connections.register(metrics);
        streamMemory.register(metrics);
        redis.register(metrics);
        services.forEach(service -> builder.addService(binding.bind(service)));
        if (gate != null) {
            gate.transportFilters().forEach(builder::addTransportFilter);
            builder.intercept(gate).fallbackHandlerRegistry(gate.unknownMethods());
        }
        return builder.build().start();
    }

    private static List<MethodDescriptor<?, ?>> methods(List<BindableService> services) {
        return services.stream()
                .<MethodDescriptor<?, ?>>flatMap(
                        service -> service.bindService().getServiceDescriptor().getMethods().stream())
                .toList();
    }

    private static int maxCallsPerConnection(int maxCalls) {
        int share = Math.max(MIN_CALLS_PER_CONNECTION, maxCalls / SHARE_OF_A_CONNECTION);
        return Math.min(MAX_CALLS_PER_CONNECTION, share);
    }

    private Map<String, Instant> tlsExpiries() {
        Map<String, Instant> expiries = new LinkedHashMap<>(credentials.expiries());
        expiries.putAll(redis.tlsExpiries());
        return expiries;
    }

    StreamMemory streamMemory() {
        return streamMemory;
    }

    public int port() {
        return grpc.getPort();
    }

    /** Completes with whether Redis responded to the first health check. */
    public CompletionStage<Boolean> initialRedisCheck() {
        return redis.initialRedisCheck();
    }

    /** Whether Redis is available now. */
    public boolean isRedisAvailable() {
        return redis.isAvailable();
    }

    /** Logs what is served where, and whether Redis is available. */
    public void logStart(boolean available) {
        List<String> names = grpc.getServices().stream()
                .map(service -> service.getServiceDescriptor().getName())
                .filter(name -> !name.startsWith("grpc."))
                .sorted()
                .toList();
        STARTED.log(
                log,
                BuildVersion.get(),
                Runtime.version(),
                String.join(", ", names),
                settings.host() + ":" + port(),
                credentials.encrypt() ? "with TLS" : "in clear text",
                redis.describe() + (available ? "" : " (Redis is not available yet)"),
                admin.describe());
    }

    /** Applies the settings that may change while the server runs. */
    public LiveConfiguration.Reload reload(Configuration changed) {
        LiveConfiguration.Reload reload = configuration.reload(changed);
        features.forEach(feature -> feature.reload(reload.settings()));
        configReloads.count(ReloadMetrics.Result.APPLIED);
        return reload;
    }

    /** The changed file was not valid: nothing is applied. */
    public void onRejectedReload() {
        configReloads.count(ReloadMetrics.Result.REJECTED);
    }

    /** Sets readiness to NOT_SERVING, waits for running calls, then closes the features and Redis. */
    @Override
    public void close() {
        STOPPING.log(log, settings.drainTimeout());
        accepting = false;
        health.enterTerminalState();
        try {
            TimeUnit.MILLISECONDS.sleep(settings.drainDelay().toMillis());
            grpc.shutdown();
            streams.drain();
            if (!grpc.awaitTermination(settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                CALLS_CUT.log(log, settings.drainTimeout());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        grpc.shutdownNow();
        if (gate != null) {
            gate.close();
        }
        eventLoops.close();
        credentials.close();
        closeFeatures();
        redis.close();
        admin.close();
        events.close();
    }

    /** The last one started first. */
    private void closeFeatures() {
        for (int i = features.size() - 1; i >= 0; i--) {
            features.get(i).close();
        }
    }
}
