package io.flowhub.ephemeral.server.faults;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;

/** One of several concurrent clients. It sends each call to one of the servers and records the outcome. */
final class Client {

    private static final AtomicLong REQUESTS = new AtomicLong();
    private static final long DEADLINE_MS = 800;
    private static final long PAUSE_AFTER_FAILURE_MS = 50;

    private final List<ManagedChannel> servers;
    private final MeasuredAvailability availability;
    private final Findings findings;
    private final Random random = new Random();
    private int server;

    Client(List<ManagedChannel> servers, MeasuredAvailability availability, Findings findings) {
        this.servers = servers;
        this.availability = availability;
        this.findings = findings;
    }

    int random(int bound) {
        return random.nextInt(bound);
    }

    /** Any of these. */
    <T> T pick(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** A request id that no other call has. */
    String newRequestId() {
        return "r" + REQUESTS.incrementAndGet();
    }

    /**
     * Sends a call that may change the object to any server.
     *
     * @param step of the state before the call and the response, the states after it; none if the response contradicts the
     *     state. Without a response, all states that are possible
     */
    @CanIgnoreReturnValue
    <S, Q extends Message, R extends Message> Optional<R> write(
            History<S> history, MethodDescriptor<Q, R> rpc, Q request, BiFunction<S, Optional<R>, List<S>> step) {
        return write(history, rpc, request, false, step);
    }

    /**
     * Sends it again, to the next server, if it may be retried and failed, and sometimes without a reason. Returns the last
     * response.
     */
    @CanIgnoreReturnValue
    <S, Q extends Message, R extends Message> Optional<R> write(
            History<S> history,
            MethodDescriptor<Q, R> rpc,
            Q request,
            boolean mayBeRetried,
            BiFunction<S, Optional<R>, List<S>> step) {
        server = random.nextInt(servers.size());
        Optional<R> response = send(history, rpc, request, step, true);
        if (mayBeRetried && (response.isEmpty() || random.nextInt(4) == 0)) {
            server = (server + 1) % servers.size();
            response = send(history, rpc, request, step, true);
        }
        return response;
    }

    /** Sends a call that changes nothing to any server. Its response must fit the state. */
    <S, Q extends Message, R extends Message> void read(
            History<S> history, MethodDescriptor<Q, R> rpc, Q request, BiPredicate<S, R> fits) {
        server = random.nextInt(servers.size());
        var unused = send(
                history,
                rpc,
                request,
                (state, response) ->
                        response.isEmpty() || fits.test(state, response.get()) ? List.of(state) : List.of(),
                false);
    }

    private <S, Q extends Message, R extends Message> Optional<R> send(
            History<S> history,
            MethodDescriptor<Q, R> rpc,
            Q request,
            BiFunction<S, Optional<R>, List<S>> step,
            boolean changes) {
        String text = "server %d: %s(%s)".formatted(server, rpc.getBareMethodName(), text(request));
        long start = System.nanoTime();
        try {
            R response = call(server, rpc, request);
            history.add(text, text(response), start, System.nanoTime(), response, step);
            return Optional.of(response);
        } catch (StatusRuntimeException e) {
            if (changes && !Errors.hadNoEffect(e)) {
                history.addUnknown(text, start, step);
            }
            pause(PAUSE_AFTER_FAILURE_MS);
            return Optional.empty();
        }
    }

    /** Sends a call that no history records to any server, whatever comes of it. */
    <Q, R> void tryCall(MethodDescriptor<Q, R> rpc, Q request) {
        try {
            var unused = call(random.nextInt(servers.size()), rpc, request);
        } catch (StatusRuntimeException e) {
            pause(PAUSE_AFTER_FAILURE_MS);
        }
    }

    /** Sends a call that no history records. */
    <Q, R> R call(int to, MethodDescriptor<Q, R> rpc, Q request) {
        ManagedChannel channel = servers.get(to);
        long start = System.nanoTime();
        try {
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_MS, TimeUnit.MILLISECONDS);
            R response = ClientCalls.blockingUnaryCall(channel, rpc, options, request);
            availability.succeeded(rpc.getFullMethodName());
            return response;
        } catch (StatusRuntimeException e) {
            availability.failed(rpc.getFullMethodName(), start);
            if (Errors.isDefect(e)) {
                findings.add(rpc.getFullMethodName() + " failed with " + e.getStatus());
            }
            if (e.getStatus().getCode() == Code.UNAVAILABLE) {
                channel.resetConnectBackoff(); // it may be reachable again before the back-off of the channel ends
            }
            throw e;
        }
    }

    void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String text(Message message) {
        return TextFormat.printer()
                .emittingSingleLine(true)
                .printToString(message)
                .strip();
    }
}
