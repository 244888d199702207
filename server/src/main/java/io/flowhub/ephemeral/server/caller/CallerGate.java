package io.flowhub.ephemeral.server.caller;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.FileWatch;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.error.DrainingException;
import io.flowhub.ephemeral.server.error.PermissionDeniedException;
import io.flowhub.ephemeral.server.error.QuotaExceededException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Admits the calls of known callers to the RPCs that they may call, of every service of the server, within their quotas.
 * When the file changes, running streams whose right was taken away end.
 */
public final class CallerGate implements ServerInterceptor, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CallerGate.class);
    private static final LogEvent RELOADED = LogEvent.info("callers_reloaded", "Reloaded the callers from {file}");
    private static final LogEvent REJECTED =
            LogEvent.error("callers_rejected", "Rejected {file}: {problems}; keeping the previous callers");

    private final Path file;
    private final CallerFile reader;
    private final Ticker ticker;
    private final Connections connections;

    /** By the name of the caller. */
    private final Map<String, CallerUsage> usages = new ConcurrentHashMap<>();

    private final Set<OpenStream> streams = ConcurrentHashMap.newKeySet();
    private final DaemonScheduler scheduler = new DaemonScheduler("callers-watch");
    private volatile Callers callers;

    /** A running stream, and what it needs to be judged again. */
    private record OpenStream(GuardedCall<?, ?> call, Metadata headers, Caller caller) {}

    /**
     * Reads the file, and watches it until {@link #close}.
     *
     * @param services all that the server serves
     * @throws IOException if the file is not valid
     */
    public static CallerGate open(Path file, List<ServiceDescriptor> services, Ticker ticker, ReloadMetrics metrics)
            throws IOException {
        FileWatch watch = FileWatch.of(file);
        CallerGate gate;
        try {
            gate = new CallerGate(file, new CallerFile(new RightNames(services)), ticker);
        } catch (IllegalArgumentException e) {
            throw new IOException(problem(file, e), e);
        }
        EnumCounter<ReloadMetrics.Result> reloads = metrics.of("callers");
        watch.start(gate.scheduler, () -> reloads.count(gate.reload()));
        return gate;
    }

    /** Reports what {@link #open} would reject in the file. */
    public static void check(Path file, List<ServiceDescriptor> services, Problems problems) {
        try {
            new CallerFile(new RightNames(services)).read(file);
        } catch (IllegalArgumentException e) {
            problems.add(problem(file, e));
        }
    }

    private static String problem(Path file, IllegalArgumentException cause) {
        return "callers.file: " + file + ": " + cause.getMessage();
    }

    private CallerGate(Path file, CallerFile reader, Ticker ticker) {
        this.file = file;
        this.reader = reader;
        this.ticker = ticker;
        this.connections = new Connections(ticker);
        this.callers = read();
    }

    private Callers read() {
        Callers next = reader.read(file);
        next.all()
                .forEach(caller -> usages.computeIfAbsent(caller.name(), name -> new CallerUsage(ticker))
                        .setQuotas(caller.quotas()));
        return next;
    }

    /** Registers a connection that was accepted, before it is read. */
    public void onAccepted(Channel connection) {
        connections.onAccepted(connection);
    }

    /** What serves the methods that no service has: UNIMPLEMENTED is for known callers, as every answer is. */
    public HandlerRegistry unknownMethods() {
        return new UnknownMethods();
    }

    /** Reads the client certificate of each connection, and finds its channel. */
    public List<ServerTransportFilter> transportFilters() {
        return List.of(new CertificateNames(), connections);
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        PausableReads reads = Connections.of(call.getAttributes());
        Caller caller;
        try {
            caller = identify(call, headers);
        } catch (ServiceException e) {
            if (reads != null) {
                reads.onUnproven(ticker.read());
            }
            return reject(call, e);
        }
        if (reads != null) {
            reads.onCall(caller.name());
        }
        CallerUsage usage = usage(caller);
        MethodType type = call.getMethodDescriptor().getType();
        boolean stream = type != MethodType.UNARY && type != MethodType.UNKNOWN;
        try {
            usage.takeCall();
            requireRight(caller, call.getMethodDescriptor());
            if (stream) {
                usage.beginStream();
            }
        } catch (QuotaExceededException e) {
            onQuotaExceeded(caller, usage, reads);
            return reject(call, e);
        } catch (ServiceException e) {
            return reject(call, e);
        }
        if (stream) {
            return startStream(call, headers, next, caller, usage);
        }
        if (type == MethodType.UNKNOWN || caller.limits().isEmpty()) {
            return next.startCall(call, headers);
        }
        GuardedCall<Q, R> guarded = new GuardedCall<>(call);
        return guarded.new Listener(next.startCall(guarded, headers), caller.limits(), () -> {});
    }

    /** The calls without a credential have a quota in common, but no connection pays for those of others. */
    private void onQuotaExceeded(Caller caller, CallerUsage usage, @Nullable PausableReads reads) {
        if (reads == null) {
            return;
        }
        if (caller.name().equals(Caller.ANONYMOUS)) {
            reads.onUnproven(ticker.read());
        } else {
            reads.pause(usage.onRejected());
        }
    }

    private static <Q> ServerCall.Listener<Q> reject(ServerCall<Q, ?> call, ServiceException reason) {
        StatusMapper.close(call, reason);
        return new ServerCall.Listener<>() {};
    }

    private <Q, R> ServerCall.Listener<Q> startStream(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next, Caller caller, CallerUsage usage) {
        GuardedCall<Q, R> guarded = new GuardedCall<>(call);
        OpenStream open = new OpenStream(guarded, headers, caller);
        ServerCall.Listener<Q> handler;
        try {
            handler = Contexts.interceptCall(usage.share().in(Context.current()), guarded, headers, next);
        } catch (RuntimeException e) { // then there is no listener that counts the end
            usage.endStream();
            throw e;
        }
        ServerCall.Listener<Q> listener = guarded.new Listener(handler, caller.limits(), () -> {
            streams.remove(open);
            usage.endStream();
        });
        streams.add(open);
        review(open); // the file may have changed since
        return listener;
    }

    private Caller identify(ServerCall<?, ?> call, Metadata headers) {
        return callers.identify(headers, CertificateNames.of(call.getAttributes()));
    }

    private static void requireRight(Caller caller, MethodDescriptor<?, ?> method) {
        if (method.getType() != MethodType.UNKNOWN && !caller.may(method)) {
            throw new PermissionDeniedException(RightNames.of(method));
        }
    }

    private CallerUsage usage(Caller caller) {
        return Objects.requireNonNull(usages.get(caller.name()));
    }

    private ReloadMetrics.Result reload() {
        try {
            callers = read();
        } catch (IllegalArgumentException e) {
            REJECTED.log(log, file, e.getMessage());
            return ReloadMetrics.Result.REJECTED;
        }
        streams.forEach(this::review);
        RELOADED.log(log, file);
        return ReloadMetrics.Result.APPLIED;
    }

    /**
     * Ends a stream whose right was taken away. One whose limits or caller changed ends too: the next one is judged, and
     * counted, by the new ones.
     */
    private void review(OpenStream stream) {
        try {
            Caller now = identify(stream.call(), stream.headers());
            requireRight(now, stream.call().getMethodDescriptor());
            Caller before = stream.caller();
            if (!now.limits().equals(before.limits()) || !now.name().equals(before.name())) {
                stream.call().deny(new DrainingException(Duration.ofMillis(100)));
            }
        } catch (ServiceException e) {
            stream.call().deny(e);
        }
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
