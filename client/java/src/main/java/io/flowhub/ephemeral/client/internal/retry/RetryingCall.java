package io.flowhub.ephemeral.client.internal.retry;

import io.flowhub.ephemeral.client.internal.ClientTimer;
import io.flowhub.ephemeral.client.internal.ErrorDetails;
import io.flowhub.ephemeral.client.internal.Jitter;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.SynchronizationContext;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A unary call of up to 3 attempts, each a call of its own with the same request and deadline. The caller has one call:
 * failures of attempts that are retried stay hidden, and its requests and cancellation go to the attempt in flight.
 */
final class RetryingCall<Q, A> extends ClientCall<Q, A> {

    private static final int MAX_ATTEMPTS = 3;
    private static final int FIRST_WAIT_MILLIS = 50;

    /** If the server's retry delay is longer, the call is not retried: the caller reads the delay from the error. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);

    private final Channel channel;
    private final MethodDescriptor<Q, A> method;
    private final CallOptions options;
    private final RetryThrottle throttle;
    private final ClientTimer timer;
    private final RandomGenerator random;
    private final Context context = Context.current();

    /** Serializes all changes of the fields below. */
    private final SynchronizationContext order = new SynchronizationContext((thread, thrown) -> onDefect(thrown));

    private @Nullable Listener<A> listener;
    private Metadata headers = new Metadata();
    private @Nullable Q request;
    private int requested;
    private @Nullable ClientCall<Q, A> attempt; // Null before the first attempt and while waiting for the next.
    private int attempts;
    private volatile @Nullable Cancellation cancellation;

    private record Cancellation(
            @Nullable String message, @Nullable Throwable cause) {}

    RetryingCall(
            Channel channel,
            MethodDescriptor<Q, A> method,
            CallOptions options,
            RetryThrottle throttle,
            ClientTimer timer,
            RandomGenerator random) {
        this.channel = channel;
        this.method = method;
        this.options = options;
        this.throttle = throttle;
        this.timer = timer;
        this.random = random;
    }

    /** Sends nothing yet: whether the call may be retried depends on its request, which comes later. */
    @Override
    public void start(Listener<A> listener, Metadata headers) {
        order.execute(() -> {
            this.listener = listener;
            this.headers = headers;
        });
    }

    @Override
    public void sendMessage(Q request) {
        order.execute(() -> this.request = request);
    }

    @Override
    public void halfClose() {
        order.execute(this::send);
    }

    @Override
    public void request(int messages) {
        order.execute(() -> {
            requested += messages;
            if (attempt != null) {
                attempt.request(messages);
            }
        });
    }

    /** Without an attempt in flight, starts one and cancels it: gRPC then closes the listener in its own way. */
    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
        order.execute(() -> {
            cancellation = new Cancellation(message, cause);
            if (attempt != null) {
                attempt.cancel(message, cause);
            } else if (listener != null) {
                send();
            }
        });
    }

    private void send() {
        if (attempt != null) {
            return; // A cancellation started it before the wait ended.
        }
        // In the caller's context: a retry runs on another thread.
        context.run(() -> {
            attempts++;
            attempt = channel.newCall(method, options);
            Metadata ownHeaders = new Metadata();
            ownHeaders.merge(headers);
            attempt.start(
                    new AttemptListener(attempts, Objects.requireNonNull(listener, "start() comes first")), ownHeaders);
            attempt.request(requested);
            if (cancellation != null) {
                attempt.cancel(cancellation.message(), cancellation.cause());
            } else {
                attempt.sendMessage(Objects.requireNonNull(request, "a unary call has a request"));
                attempt.halfClose();
            }
        });
    }

    private void retryAfter(Duration wait) {
        attempt = null;
        if (cancellation != null) {
            send();
        } else {
            timer.schedule(wait, () -> order.execute(this::send));
        }
    }

    /** A task of {@link #order} threw. Without this the caller would never get a result. */
    private void onDefect(Throwable thrown) {
        if (attempt != null) {
            attempt.cancel("The client failed", thrown);
        } else if (listener != null) {
            listener.onClose(Status.INTERNAL.withCause(thrown), new Metadata());
        }
    }

    /** How long to wait before the attempt after the nth, or null if the nth is the last. */
    private @Nullable Duration waitAfter(int n, Status status, Metadata trailers) {
        boolean mayRetry = status.getCode() == Code.UNAVAILABLE
                && n < MAX_ATTEMPTS
                && cancellation == null
                && request != null
                && RetrySafety.isSafe(request)
                && throttle.allowsRetry();
        if (!mayRetry) {
            return null;
        }
        Duration delay = ErrorDetails.of(status, trailers)
                .retryDelay()
                .orElse(Duration.ofMillis((long) FIRST_WAIT_MILLIS << (n - 1)));
        if (delay.compareTo(MAX_WAIT) > 0) {
            return null;
        }
        Duration wait = Jitter.upToAFifthLonger(delay, random);
        return isPast(options.getDeadline(), wait) || isPast(context.getDeadline(), wait) ? null : wait;
    }

    private static boolean isPast(@Nullable Deadline deadline, Duration wait) {
        return deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) <= wait.toNanos();
    }

    /** gRPC reports UNKNOWN if a connection breaks while a call is being written, and UNAVAILABLE a moment later. */
    private static Status normalize(Status status) {
        boolean isBroken = status.getCode() == Code.UNKNOWN && status.getCause() instanceof ClosedChannelException;
        return isBroken
                ? Status.UNAVAILABLE.withDescription(status.getDescription()).withCause(status.getCause())
                : status;
    }

    /** Runs on the executor of the call, not in {@link #order}. */
    private final class AttemptListener extends SimpleForwardingClientCallListener<A> {

        private final int number;
        private boolean hasHeaders;

        AttemptListener(int number, Listener<A> listener) {
            super(listener);
            this.number = number;
        }

        @Override
        public void onHeaders(Metadata headers) {
            hasHeaders = true; // The caller has received them, so no other attempt may follow.
            super.onHeaders(headers);
        }

        @Override
        public void onClose(Status closed, Metadata trailers) {
            Status status = normalize(closed);
            throttle.record(status);
            Duration wait = hasHeaders ? null : waitAfter(number, status, trailers);
            if (wait == null) {
                super.onClose(status, trailers);
            } else {
                order.execute(() -> retryAfter(wait));
            }
        }
    }
}
