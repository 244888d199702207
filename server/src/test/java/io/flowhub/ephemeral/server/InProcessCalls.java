package io.flowhub.ephemeral.server;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.rpc.ServiceBinding;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.protobuf.services.HealthStatusManager;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The services of a server without a port, without those that need one. Requests are bytes, as they arrive, and all but the replies of Redis runs on the
 * calling thread.
 */
public final class InProcessCalls {

    /** No Redis is there: what passes the checks of a request is UNAVAILABLE. */
    private static final String NO_REDIS = "redis.url: redis://127.0.0.1:1\n";

    private final RedisClient redis;
    private final List<ServerMethodDefinition<?, ?>> methods;

    public static InProcessCalls withoutRedis() {
        return new InProcessCalls(NO_REDIS);
    }

    /** @param yaml where Redis is */
    public InProcessCalls(String yaml) {
        EndRule.startLog();
        Settings settings = TestServer.settings(yaml + RpcCatalog.SETTINGS);
        Ticker ticker = Ticker.systemTicker();
        this.redis = Unchecked.call(() -> RedisClient.open(settings.redis(), ticker));
        PrometheusRegistry metrics = new PrometheusRegistry();
        FeatureContext context = new FeatureContext(
                redis,
                settings.redis(),
                ticker,
                new StreamCalls(Runnable::run, Duration.ofHours(1), Duration.ofSeconds(1)),
                StreamMemory.ofHeap(),
                new FanoutMetrics(metrics),
                new MemoryPressure(ticker),
                metrics,
                new ReloadMetrics(metrics),
                Features.keyKinds());
        List<BindableService> services = new ArrayList<>();
        Features.ALL.forEach(feature -> services.addAll(
                Unchecked.call(() -> feature.start(settings, context)).feature().services()));
        services.add(new HealthStatusManager().getHealthService());
        ServiceBinding binding = new ServiceBinding(1_000, () -> 0);
        this.methods = services.stream()
                .<ServerMethodDefinition<?, ?>>flatMap(service -> binding.bind(service).getMethods().stream())
                .sorted(Comparator.comparing(InProcessCalls::nameOf))
                .toList();
    }

    public RedisClient redis() {
        return redis;
    }

    /** The full names of all methods, sorted. */
    public List<String> names() {
        return methods.stream().map(InProcessCalls::nameOf).toList();
    }

    private static String nameOf(ServerMethodDefinition<?, ?> method) {
        return method.getMethodDescriptor().getFullMethodName();
    }

    /**
     * Calls a method with these requests.
     *
     * @return the end of the call; null for a stream that is open after the last request, and is cancelled then
     */
    public @Nullable End call(int method, List<byte[]> requests) {
        return call(methods.get(method), requests);
    }

    /** How many valid calls {@link #callValid} has. */
    public int validCalls() {
        return RpcCatalog.unary().size();
    }

    /** Makes a valid call. Its end must be documented. */
    public void callValid(int index) {
        RpcCatalog.Rpc rpc = RpcCatalog.unary().get(index);
        String name = rpc.method().getFullMethodName();
        byte[] request = rpc.validRequest("id").toByteArray();
        End end = Objects.requireNonNull(call(names().indexOf(name), List.of(request)));
        EndRule.require(name, end);
    }

    /** Opens every stream with a valid request, and leaves it open. */
    public void openStreams(String id) {
        for (RpcCatalog.Rpc rpc : RpcCatalog.streams()) {
            var method = methods.get(names().indexOf(rpc.method().getFullMethodName()));
            open(method, rpc.validRequest(id).toByteArray());
        }
    }

    private static <Q, R> void open(ServerMethodDefinition<Q, R> method, byte[] request) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        ServerCall.Listener<Q> listener =
                method.getServerCallHandler().startCall(new RecordedCall<>(descriptor), new Metadata());
        listener.onMessage(descriptor.parseRequest(new ByteArrayInputStream(request)));
        if (descriptor.getType().clientSendsOneMessage()) { // its handler runs now
            listener.onHalfClose();
        }
    }

    /** How a call ended. */
    public record End(Status status, Metadata trailers) {}

    private static <Q, R> @Nullable End call(ServerMethodDefinition<Q, R> method, List<byte[]> requests) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        RecordedCall<Q, R> call = new RecordedCall<>(descriptor);
        ServerCall.Listener<Q> listener = method.getServerCallHandler().startCall(call, new Metadata());
        boolean unary = descriptor.getType() == MethodDescriptor.MethodType.UNARY;
        boolean single = descriptor.getType().clientSendsOneMessage();
        listener.onReady();
        for (byte[] request : single ? requests.subList(0, 1) : requests) {
            if (!call.end.isDone()) {
                listener.onMessage(descriptor.parseRequest(new ByteArrayInputStream(request)));
            }
        }
        listener.onHalfClose();
        if (unary) { // with a Redis, another thread ends it
            End end = Unchecked.call(() -> call.end.get(10, TimeUnit.SECONDS));
            listener.onComplete();
            return end;
        }
        End end = call.end.getNow(null);
        if (end == null) {
            listener.onCancel();
        } else {
            listener.onComplete();
        }
        return end;
    }

    private static final class RecordedCall<Q, R> extends ServerCall<Q, R> {

        private final MethodDescriptor<Q, R> method;
        private final CompletableFuture<@Nullable End> end = new CompletableFuture<>();

        RecordedCall(MethodDescriptor<Q, R> method) {
            this.method = method;
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(R message) {
            Objects.requireNonNull(method.streamResponse(message));
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (!end.complete(new End(status, trailers))) {
                throw new IllegalStateException("closed twice");
            }
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public MethodDescriptor<Q, R> getMethodDescriptor() {
            return method;
        }
    }
}
