package io.flowhub.ephemeral.server.broadcast;

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Whether this server hears what is published. It is believed only once a probe came back that was published after the
 * last doubt: neither that Redis answers nor that it took the subscription says that messages arrive here.
 */
final class PubSubProbe implements AutoCloseable {

    private static final int PROBE_MILLIS = 100;

    enum State {
        /** Redis does not answer. */
        AWAY,

        /** Redis answers, and a probe is on its way. */
        UNSURE,

        HEARING
    }

    private final Consumer<String> publisher;
    private final Executor later =
            CompletableFuture.delayedExecutor(PROBE_MILLIS, TimeUnit.MILLISECONDS, Runnable::run);
    private final String server = UUID.randomUUID().toString();
    private final Set<SubscriptionStream> listeners = ConcurrentHashMap.newKeySet();

    private State state = State.AWAY;

    /** How often the state changed: a probe of an earlier state proves nothing. */
    private long changes;

    private boolean closed;

    /** @param publisher publishes a probe of this name to the channel, if it can */
    PubSubProbe(Consumer<String> publisher) {
        this.publisher = publisher;
    }

    /** Tells the listener the state, now and at each change. */
    synchronized void add(SubscriptionStream listener) {
        listeners.add(listener);
        listener.tell(state);
    }

    void remove(SubscriptionStream listener) {
        listeners.remove(listener);
    }

    synchronized void redisIs(boolean up) {
        if (!up) {
            become(State.AWAY);
        } else if (state == State.AWAY) {
            become(State.UNSURE);
        }
    }

    /** Messages may have been missed. */
    synchronized void doubt() {
        if (state != State.AWAY) {
            become(State.UNSURE);
        }
    }

    /** A probe arrived: of this server, or of another one. */
    synchronized void heard(String probe) {
        if (state == State.UNSURE && probe.equals(probeName())) {
            become(State.HEARING);
        }
    }

    private void become(State next) {
        state = next;
        changes++;
        listeners.forEach(listener -> listener.tell(next));
        if (next == State.UNSURE) {
            probe(changes);
        }
    }

    /** Goes on until it is heard: a probe may fail, and one that came before the subscription is heard by nobody. */
    private synchronized void probe(long since) {
        if (since == changes && !closed) {
            publisher.accept(probeName());
            later.execute(() -> probe(since));
        }
    }

    private String probeName() {
        return server + ":" + changes;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
