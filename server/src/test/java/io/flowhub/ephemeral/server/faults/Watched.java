package io.flowhub.ephemeral.server.faults;

import java.util.Map;
import java.util.Optional;

/** Long-lived users or rooms: clients change their state, streams of both servers report it. */
interface Watched {

    /** Opens the streams. */
    void open();

    /** One client changes something. */
    void act(Client client);

    /** Keeps a part of the state as it is while it settles; the rest expires. */
    void keep(Client client);

    /** In what the streams and the servers disagree, if they do. */
    Optional<String> disagreement(Client client);

    static Optional<String> difference(StateWatch<?, ?, ?> watch, Map<String, ?> read) {
        if (watch.isStale()) {
            return Optional.of(watch + " is stale");
        }
        Map<String, ?> reported = watch.states();
        return reported.equals(read)
                ? Optional.empty()
                : Optional.of("%s reports %s, a read returns %s".formatted(watch, reported, read));
    }
}
