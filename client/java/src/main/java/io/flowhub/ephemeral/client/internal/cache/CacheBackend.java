package io.flowhub.ephemeral.client.internal.cache;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The cache calls for one kind of object, users or products: the same calls with different messages. */
interface CacheBackend {

    /** One attempt without retries: on a failure the caller loads the object instead. */
    CompletableFuture<CacheReply> get(String id, Duration deadline);

    /** Stores a value, or a negative entry if it is empty. The result is ignored. */
    void put(String id, Optional<String> value, String lease);

    /** Returns whether there was an entry. */
    boolean evict(String id);
}
