package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fanout.Freshness;
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

    private final Consumer<Envelope.Probe> publisher;
    private final Consumer<Freshness> listener;
    private final Executor afterInterval =
            CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
    private final String name;

    private Freshness state = Freshness.DOWN;

    /** The number of transitions. A probe of an earlier state proves nothing. */
    private long transitions;

    private boolean closed;

    /**
     * @param publisher publishes a probe to the channel; may fail
     * @param listener receives each state, one at a time; also a state that repeats, because messages may be lost again
     */
    PubSubProbe(String serverId, Consumer<Envelope.Probe> publisher, Consumer<Freshness> listener) {
        this.name = NAME_PREFIX + serverId + ":";
        this.publisher = publisher;
        this.listener = listener;
    }

    synchronized void onRedisAvailability(boolean up) {
        if (!up) {
            transition(Freshness.DOWN);
        } else if (state == Freshness.DOWN) {
            transition(Freshness.PROBING);
        }
    }

    /** Messages may have been lost. */
    synchronized void invalidate() {
        if (state != Freshness.DOWN) {
            transition(Freshness.PROBING);
        }
    }

    /** @param probe of this server or of another one */
    synchronized void onProbe(Envelope.Probe probe) {
        if (state == Freshness.PROBING && probe.equals(expected())) {
            transition(Freshness.LIVE);
        }
    }

    private void transition(Freshness next) {
        state = next;
        transitions++;
        listener.accept(next);
        if (next == Freshness.PROBING) {
            publishUntilNextTransition(transitions);
        }
    }

    /** Whether another server waits for an answer to this probe. */
    boolean isOfAnotherServer(Envelope.Probe probe) {
        return probe.name().startsWith(NAME_PREFIX) && !probe.name().startsWith(name);
    }

    /** Whether the answer is to a probe that was published after the last possible loss. */
    synchronized boolean isExpected(Envelope.Answer answer) {
        long probed = state == Freshness.LIVE ? transitions - 1 : transitions;
        return state != Freshness.DOWN && answer.probe().equals(name + probed);
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
