package io.flowhub.ephemeral.client.internal.stream;

import io.flowhub.ephemeral.client.internal.ClientThreads;
import io.flowhub.ephemeral.client.internal.GuardedCallback;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The streams of one handle of the application, and the thread on which all their events run, in order and without locks.
 * Thread-safe.
 */
public final class StreamThread {

    private final Channel channel;
    private final Consumer<StreamThread> onClosed;
    private final ScheduledThreadPoolExecutor executor;
    private final Set<ReconnectingStream<?, ?>> streams = new HashSet<>(); // Confined to the thread.
    private volatile boolean isClosed;

    StreamThread(Channel channel, String name, Consumer<StreamThread> onClosed) {
        this.channel = channel;
        this.onClosed = onClosed;
        this.executor = ClientThreads.timer("ephemeral-" + name);
        executor.setRejectedExecutionHandler(new DiscardPolicy());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** A stream that is not started yet. */
    public <Q, R> ReconnectingStream<Q, R> newStream(MethodDescriptor<Q, R> method) {
        return new ReconnectingStream<>(channel, method, this);
    }

    /** Runs a task on the thread. Does nothing once the thread is closed. */
    public void execute(Runnable task) {
        executor.execute(() -> GuardedCallback.run(task));
    }

    /** Runs a task on the thread after a wait. */
    public void schedule(Duration wait, Runnable task) {
        var unused = executor.schedule(() -> GuardedCallback.run(task), wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Runs a task on the thread again and again. */
    public void repeat(Duration period, Runnable task) {
        Runnable guarded = () -> GuardedCallback.run(task); // An exception would end the repetition.
        var unused = executor.scheduleWithFixedDelay(guarded, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    public boolean isClosed() {
        return isClosed;
    }

    /** Ends the streams. Does not wait for a callback that is running. */
    public void close() {
        isClosed = true;
        onClosed.accept(this);
        execute(() -> {
            List.copyOf(streams).forEach(ReconnectingStream::cancel);
            shutdownIfUnused();
        });
    }

    void onStarted(ReconnectingStream<?, ?> stream) {
        streams.add(stream);
    }

    void onEnded(ReconnectingStream<?, ?> stream) {
        streams.remove(stream);
        if (isClosed) {
            shutdownIfUnused();
        }
    }

    /** A stream that was cancelled ends later. gRPC needs the thread until then. */
    private void shutdownIfUnused() {
        if (streams.isEmpty()) {
            executor.shutdown();
        }
    }

    /** For gRPC, which handles exceptions itself. */
    Executor executor() {
        return executor;
    }
}
