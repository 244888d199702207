package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.FileWatch;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.error.DrainingException;
import io.flowhub.ephemeral.server.error.PermissionDeniedException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Admits the calls of known callers to the RPCs that they may call, of every service of the server. When the file changes,
 * running streams whose right was taken away end.
 */
public final class CallerGate implements ServerInterceptor, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CallerGate.class);

    private final Path file;
    private final CallerFile reader;
    private final Set<OpenStream> streams = ConcurrentHashMap.newKeySet();
    private final DaemonScheduler scheduler = new DaemonScheduler("callers-watch");
    private volatile Callers callers;

    /** A running stream, and what it needs to be judged again. */
    private record OpenStream(GuardedCall<?, ?> call, Metadata headers, RequestLimits limits) {}

    /**
     * Reads the file, and watches it until {@link #close}.
     *
     * @param services all that the server serves
     * @throws IOException if the file is not valid
     */
    public static CallerGate open(Path file, List<ServiceDescriptor> services) throws IOException {
        FileWatch watch = FileWatch.of(file);
        CallerGate gate;
        try {
            gate = new CallerGate(file, new CallerFile(new RightNames(services)));
        } catch (IllegalArgumentException e) {
            throw new IOException(problem(file, e), e);
        }
        watch.start(gate.scheduler, gate::reload);
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

    private CallerGate(Path file, CallerFile reader) {
        this.file = file;
        this.reader = reader;
        this.callers = reader.read(file);
    }

    /** What serves the methods that no service has: UNIMPLEMENTED is for known callers, as every answer is. */
    public HandlerRegistry unknownMethods() {
        return new UnknownMethods();
    }

    /** Reads the client certificate of each connection. */
    public ServerTransportFilter transportFilter() {
        return new CertificateNames();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Caller caller;
        try {
            caller = admit(call, headers);
        } catch (ServiceException e) {
            StatusMapper.close(call, e);
            return new ServerCall.Listener<>() {};
        }
        MethodType type = call.getMethodDescriptor().getType();
        boolean stream = type != MethodType.UNARY;
        if (type == MethodType.UNKNOWN || (!stream && caller.limits().isEmpty())) {
            return next.startCall(call, headers);
        }
        GuardedCall<Q, R> guarded = new GuardedCall<>(call);
        OpenStream open = new OpenStream(guarded, headers, caller.limits());
        String right = RightNames.of(call.getMethodDescriptor());
        ServerCall.Listener<Q> listener = guarded
        .new Listener(next.startCall(guarded, headers), caller.limits(), right, () -> streams.remove(open));
        if (stream) {
            streams.add(open);
            review(open); // the file may have changed since
        }
        return listener;
    }

    private Caller admit(ServerCall<?, ?> call, Metadata headers) {
        Caller caller = callers.identify(headers, CertificateNames.of(call.getAttributes()));
        MethodDescriptor<?, ?> method = call.getMethodDescriptor();
        if (method.getType() != MethodType.UNKNOWN && !caller.may(method)) {
            throw new PermissionDeniedException(RightNames.of(method));
        }
        return caller;
    }

    private void reload() {
        try {
            callers = reader.read(file);
        } catch (IllegalArgumentException e) {
            log.error("Rejected {}: {}; keeping the previous callers", file, e.getMessage());
            return;
        }
        streams.forEach(this::review);
        log.info("Reloaded the callers from {}", file);
    }

    /** Ends a stream whose right was taken away. One whose limits changed ends too: the next one is judged by the new ones. */
    private void review(OpenStream stream) {
        try {
            if (!admit(stream.call(), stream.headers()).limits().equals(stream.limits())) {
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
