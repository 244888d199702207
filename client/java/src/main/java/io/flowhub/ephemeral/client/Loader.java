package io.flowhub.ephemeral.client;

import java.util.Optional;

/**
 * Loads what is not in the cache from where it is kept for good.
 *
 * <p>Runs on a thread of the client, in an {@link io.grpc.Context} of its own whose deadline is
 * {@link EphemeralClientBuilder#loadDeadline}: what its first caller does, be it to give up, does not touch it, for
 * others may wait for the same load. gRPC calls made inside end with that deadline; for the rest the loader has to care
 * itself, and as long as it runs it keeps its place among {@link EphemeralClientBuilder#maxLoads}.
 *
 * <p>It reads from where a committed change is visible, such as the primary of a database. A replica that lags behind
 * would put the old value back after an eviction. It asks no {@link ReadThrough} for the same id: that would wait for
 * itself.
 */
@FunctionalInterface
public interface Loader {

    /**
     * The object.
     *
     * @return one JSON object (RFC 8259); empty if there is no such object. What is not a JSON object, or longer than
     *     5,120 bytes of UTF-8, is answered to the caller and not cached
     * @throws Exception for everybody who waits for this load; nothing is cached then
     */
    Optional<String> load(String id) throws Exception;
}
