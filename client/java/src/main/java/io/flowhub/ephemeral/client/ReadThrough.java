package io.flowhub.ephemeral.client;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Reads small JSON objects through the cache, and loads those that are not cached.
 *
 * <pre>{@code
 * Optional<String> json = client.users().get("42", id -> loadFromDatabase(id));
 * ...
 * database.commit();
 * client.users().evict("42");
 * }</pre>
 *
 * <p><b>One load.</b> Concurrent reads of one id in a process share one lookup. Of several processes, one receives the lease
 * to load and put the entry; the others poll after 10, 20, 40 ms and so on until it is there. A put is not stored if the
 * entry was evicted after its lease was given, so nothing that was loaded before an eviction is cached after it (R.
 * Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, section 3.2.1). An entry past its soft age is returned at
 * once while one process reloads it in the background; if that fails, the next lease retries.
 *
 * <p><b>Never worse than without a cache.</b> After {@link EphemeralClientBuilder#maxCacheWait}, or if Ephemeral or its
 * Redis is unavailable, the object is loaded and not cached. At most {@link EphemeralClientBuilder#maxLoads} loads run at
 * a time in a process. A value that is not a JSON object or is longer than 5,120 bytes of UTF-8 is returned and not
 * cached; do not read such objects through the cache often, because other processes wait for an entry that never comes.
 *
 * <p><b>No local cache.</b> This process keeps no values: without a concurrent read of the same id, each read is one call to
 * the server. A read that joins a load that began before it receives the result of that load. {@link #evict} in this process ends such sharing; an evict in another
 * process does not, so a change made there can be missed for as long as one load takes.
 *
 * <p>Thread-safe. Loads run on daemon threads of the client and end with it. {@link EphemeralClient#users} and
 * {@link EphemeralClient#products} return one; tests of an application can implement it.
 */
public interface ReadThrough {

    /**
     * Reads the object from the cache, or else from the loader.
     *
     * @param id 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space, control or format characters
     * @param loader not called if the object is cached or already being loaded
     * @return one JSON object, byte for byte as it was loaded; empty if the loader found none, which is cached for 15 to
     *     30 seconds
     * @throws LoadException if the load failed
     * @throws io.grpc.StatusRuntimeException {@code INVALID_ARGUMENT} for an invalid id; {@code CANCELLED} or
     *     {@code DEADLINE_EXCEEDED} if the caller's {@link io.grpc.Context} ended first or the thread was interrupted. Never
     *     because the cache failed
     */
    Optional<String> get(String id, Loader loader);

    /**
     * Reads as {@link #get} does, without blocking. The future fails with what {@code get} throws, except that it does not
     * end with the caller's {@link io.grpc.Context}. Cancelling it affects no other reader.
     */
    CompletableFuture<Optional<String>> getAsync(String id, Loader loader);

    /**
     * Removes an object from the cache, and detaches loads that are in flight. Call it after the change is committed.
     *
     * @return whether it was cached
     * @throws io.grpc.StatusRuntimeException if the call failed; the old object may then stay cached until it expires, 5
     *     and a half minutes at most
     */
    boolean evict(String id);
}
