package io.flowhub.ephemeral.client;

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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A unary call that may be sent more than once, each time as a call of its own with the same request and deadline. Its
 * caller sees one call: the failures in between are kept from it, and what it asks for is passed to the attempt under
 * way.
 */
final class RepeatingCall<Q, A> extends ClientCall<Q, A> {

    private static final int MAX_ATTEMPTS = 3;
    private static final int FIRST_WAIT_MILLIS = 50;

    /** A server that asks for more has told its caller, who can do better with the time than wait here. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);

    private final Channel channel;
    private final MethodDescriptor<Q, A> method;
    private final CallOptions options;
    private final RepeatBudget budget;
    private final Context context = Context.current();

    /** Everything that changes the fields below happens here, one after the other and without a lock. */
    private final SynchronizationContext order = new SynchronizationContext((thread, thrown) -> defect(thrown));

    private @Nullable Listener<A> listener;
    private Metadata headers = new Metadata();
    private @Nullable Q request;
    private int wanted;
    private @Nullable ClientCall<Q, A> attempt; // None before the first and while waiting for the next.
    private int attempts;
    private volatile @Nullable Cancellation cancellation;

    private record Cancellation(
            @Nullable String message, @Nullable Throwable cause) {}

    RepeatingCall(Channel channel, MethodDescriptor<Q, A> method, CallOptions options, RepeatBudget budget) {
        this.channel = channel;
        this.method = method;
        this.options = options;
        this.budget = budget;
    }

    /** Only takes note: whether the call may be repeated is in its request, which comes later. */
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
            wanted += messages;
            if (attempt != null) {
                attempt.request(messages);
            }
        });
    }

    /** While no attempt is under way, one is made to be cancelled: it tells the listener in gRPC's own way. */
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
            return; // A cancellation did not wait for it.
        }
        // In the caller's context, for the next attempt is made on another thread.
        context.run(() -> {
            attempts++;
            attempt = channel.newCall(method, options);
            Metadata ownHeaders = new Metadata();
            ownHeaders.merge(headers);
            attempt.start(new Attempt(attempts, Objects.requireNonNull(listener, "start() comes first")), ownHeaders);
            attempt.request(wanted);
            if (cancellation != null) {
                attempt.cancel(cancellation.message(), cancellation.cause());
            } else {
                attempt.sendMessage(Objects.requireNonNull(request, "a unary call has a request"));
                attempt.halfClose();
            }
        });
    }

    private void sendAgainAfter(Duration wait) {
        attempt = null;
        if (cancellation != null) {
            send();
        } else {
            CompletableFuture.delayedExecutor(wait.toNanos(), TimeUnit.NANOSECONDS, order)
                    .execute(this::send);
        }
    }

    /** A task of {@link #order} threw; nobody else would tell the caller. */
    private void defect(Throwable thrown) {
        if (attempt != null) {
            attempt.cancel("The client failed", thrown);
        } else if (listener != null) {
            listener.onClose(Status.INTERNAL.withCause(thrown), new Metadata());
        }
    }

    /** How long to wait after this failure of the nth attempt, or null if it shall be the last. */
    private @Nullable Duration waitAfter(int n, Status status, Metadata trailers) {
        boolean mayRepeat = status.getCode() == Code.UNAVAILABLE
                && n < MAX_ATTEMPTS
                && cancellation == null
                && request != null
                && Harmless.isHarmless(request)
                && budget.allowsRepeat();
        if (!mayRepeat) {
            return null;
        }
        Duration asked = ErrorDetails.of(status, trailers)
                .retryDelay()
                .orElse(Duration.ofMillis((long) FIRST_WAIT_MILLIS << (n - 1)));
        if (asked.compareTo(MAX_WAIT) > 0) {
            return null;
        }
        Duration wait = Backoff.upToAFifthLonger(asked);
        return isPast(options.getDeadline(), wait) || isPast(context.getDeadline(), wait) ? null : wait;
    }

    private static boolean isPast(@Nullable Deadline deadline, Duration wait) {
        return deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) <= wait.toNanos();
    }

    /** gRPC calls it UNKNOWN if a connection breaks while a call is written, and UNAVAILABLE a moment later. */
    private static Status toldProperly(Status status) {
        boolean isBroken = status.getCode() == Code.UNKNOWN && status.getCause() instanceof ClosedChannelException;
        return isBroken
                ? Status.UNAVAILABLE.withDescription(status.getDescription()).withCause(status.getCause())
                : status;
    }

    /** Runs where the caller wants its answers, not in {@link #order}. */
    private final class Attempt extends SimpleForwardingClientCallListener<A> {

        private final int number;
        private boolean isAnswered;

        Attempt(int number, Listener<A> listener) {
            super(listener);
            this.number = number;
        }

        @Override
        public void onHeaders(Metadata headers) {
            isAnswered = true; // The caller has seen them, so this attempt is the call.
            super.onHeaders(headers);
        }

        @Override
        public void onClose(Status closed, Metadata trailers) {
            Status status = toldProperly(closed);
            budget.count(status);
            Duration wait = isAnswered ? null : waitAfter(number, status, trailers);
            if (wait == null) {
                super.onClose(status, trailers);
            } else {
                order.execute(() -> sendAgainAfter(wait));
            }
        }
    }
}
