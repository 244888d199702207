package io.flowhub.ephemeral.server.broadcast;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Whether this server receives what is published. It does once a probe arrives that was published after the last possible
 * loss: neither a reply of Redis nor its confirmation of the subscription proves that messages arrive here.
 */
final class PubSubProbe implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofMillis(100);

    private static final String NAME_PREFIX = "probe:";

    enum State {
        /** Redis is unavailable. */
        DOWN,

        /** Redis is available, but no probe has arrived yet. */
        PROBING,

        /** Messages arrive. */
        LIVE
    }

    private final Consumer<Envelope.Probe> publisher;
    private final Consumer<State> listener;
    private final Executor afterInterval =
            CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
    private final String name;

    private State state = State.DOWN;

    /** The number of transitions. A probe of an earlier state proves nothing. */
    private long transitions;

    private boolean closed;

    /**
     * @param publisher publishes a probe to the channel; may fail
     * @param listener receives each state, one at a time; also a state that repeats, because messages may be lost again
     */
    PubSubProbe(String serverId, Consumer<Envelope.Probe> publisher, Consumer<State> listener) {
        this.name = NAME_PREFIX + serverId + ":";
        this.publisher = publisher;
        this.listener = listener;
    }

    synchronized void onRedisAvailability(boolean up) {
        if (!up) {
            transition(State.DOWN);
        } else if (state == State.DOWN) {
            transition(State.PROBING);
        }
    }

    /** Messages may have been lost. */
    synchronized void invalidate() {
        if (state != State.DOWN) {
            transition(State.PROBING);
        }
    }

    /** @param probe of this server or of another one */
    synchronized void onProbe(Envelope.Probe probe) {
        if (state == State.PROBING && probe.equals(expected())) {
            transition(State.LIVE);
        }
    }

    private void transition(State next) {
        state = next;
        transitions++;
        listener.accept(next);
        if (next == State.PROBING) {
            publishUntilNextTransition(transitions);
        }
    }

    /** Whether another server waits for an answer to this probe. */
    boolean isOfAnotherServer(Envelope.Probe probe) {
        return probe.name().startsWith(NAME_PREFIX) && !probe.name().startsWith(name);
    }

    /** Whether the answer is to a probe that was published after the last possible loss. */
    synchronized boolean isExpected(Envelope.Answer answer) {
        long probed = state == State.LIVE ? transitions - 1 : transitions;
        return state != State.DOWN && answer.probe().equals(name + probed);
    }

    /** Repeats the probe: one may fail, and one that precedes the subscription does not arrive. */
    private synchronized void publishUntilNextTransition(long since) {
        if (since == transitions && !closed) {
            publisher.accept(expected());
            afterInterval.execute(() -> publishUntilNextTransition(since));
        }
    }

    private Envelope.Probe expected() {
        return new Envelope.Probe(name + transitions);
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
