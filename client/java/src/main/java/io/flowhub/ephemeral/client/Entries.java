package io.flowhub.ephemeral.client;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The entries of one kind, users or products: the same calls with messages of their own. */
interface Entries {

    /** Asks once. Nobody waits for a repetition: who gets no answer can load. */
    CompletableFuture<Entry> get(String id, Duration deadline);

    /** Fills an entry, or says that there is no such object if the value is empty. Nobody waits for it. */
    void put(String id, Optional<String> value, String lease);

    /** Whether it was there. */
    boolean evict(String id);
}
