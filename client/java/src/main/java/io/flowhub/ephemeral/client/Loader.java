package io.flowhub.ephemeral.client;

import java.util.Optional;

/**
 * Loads an object that is not cached from its durable store.
 *
 * <p>Runs on a thread of the client, in an {@link io.grpc.Context} of its own with the deadline
 * {@link EphemeralClientBuilder#loadDeadline}. Several callers may share one load, so the end of one caller does not
 * cancel it. gRPC calls made inside end at that deadline; other work has to limit itself, and occupies one of
 * {@link EphemeralClientBuilder#maxLoads} places as long as it runs.
 *
 * <p>Read where a committed change is visible, such as the primary of a database: a replica that lags behind would restore
 * the old value after an eviction. Do not call {@link ReadThrough} for the same id: the load would wait for itself.
 */
@FunctionalInterface
public interface Loader {

    /**
     * Loads one object.
     *
     * @return one JSON object (RFC 8259); empty if there is none. A value that is not a JSON object, or longer than 5,120
     *     bytes of UTF-8, is returned to the caller and not cached
     * @throws Exception passed to all callers that wait for this load, as the cause of a {@link LoadException}. Nothing is
     *     cached then
     */
    Optional<String> load(String id) throws Exception;
}
