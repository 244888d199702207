package io.flowhub.ephemeral.client;

import io.grpc.Context;
import io.grpc.Deadline;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Reads small JSON objects through the cache, and loads those that are not there.
 *
 * <pre>{@code
 * Optional<String> json = client.users().get("42", id -> loadFromDatabase(id));
 * ...
 * database.commit();
 * client.users().evict("42");
 * }</pre>
 *
 * <p><b>One load.</b> Of many callers in one process, one asks the cache and all get what it gets. Of many processes, one
 * gets the lease to load and fill the entry, and the others ask again after 10, 20, 40 ms and so on, until it is there. A
 * fill is refused if the entry was evicted since its lease was given (R. Nishtala et al., Scaling Memcache at Facebook,
 * NSDI 2013, section 3.2.1), so that nothing is cached that was loaded before an eviction. An entry past its soft age is
 * answered as it is, while one process loads it anew in the background; if that fails, the next lease tries again.
 *
 * <p><b>Never worse than without.</b> Who waited for {@link EphemeralClientBuilder#maxCacheWait}, or finds Ephemeral or its
 * Redis away, loads the object and caches nothing. All loads of a process together are at most
 * {@link EphemeralClientBuilder#maxLoads} at a time. What is no JSON object or longer than 5,120 bytes of UTF-8 is answered
 * and not cached; who reads such objects often should not read them through, for the others wait for an entry that
 * never comes.
 *
 * <p><b>No near cache.</b> Nothing is kept in this process: each {@code get} that does not meet another one asks Ephemeral.
 * A {@code get} that meets a load which began before it shares its result. An {@link #evict} in this process ends such
 * sharing; one in another process does not, so that a change made there may be missed for as long as one load takes.
 *
 * <p>Thread-safe. Loads run on daemon threads of the client and end with it.
 */
public final class ReadThrough {

    /** What the server takes. */
    private static final int MAX_BYTES = 5_120;

    private final Entries entries;
    private final Duration maxCacheWait;
    private final Loads loads;
    private final ConcurrentMap<String, Lookup> lookups = new ConcurrentHashMap<>();
    private final Set<String> refreshing = ConcurrentHashMap.newKeySet();

    ReadThrough(String name, Entries entries, ReadThroughSettings settings) {
        this.entries = entries;
        this.maxCacheWait = settings.maxCacheWait();
        this.loads = new Loads(name, settings.maxLoads(), settings.loadDeadline());
    }

    /**
     * The object from the cache, or else from the loader.
     *
     * @param id 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space or control characters
     * @param loader is not called if the object is in the cache or already being loaded
     * @return one JSON object, as it was loaded; empty if there is no such object, which is remembered for 15 to 30
     *     seconds
     * @throws LoadException if it had to be loaded and could not be
     * @throws io.grpc.StatusRuntimeException {@code INVALID_ARGUMENT} for a bad id; {@code CANCELLED} or
     *     {@code DEADLINE_EXCEEDED} if the caller's {@link Context} ended first or the thread was interrupted. Never
     *     because the cache failed
     */
    public Optional<String> get(String id, Loader loader) {
        return CallersWait.on(lookUp(id, loader));
    }

    /**
     * As {@link #get}, without waiting: the future fails with what {@code get} throws, except that it does not end with
     * the caller's {@link Context}. What the caller does with it, such as to cancel it, is nobody else's business.
     */
    public CompletableFuture<Optional<String>> getAsync(String id, Loader loader) {
        // Whatever hangs on it shall not run on, and maybe block, a thread of the client.
        return lookUp(id, loader).thenApplyAsync(Function.identity());
    }

    /**
     * Removes an object from the cache, and ends what loads it now. To be called after the change is committed.
     *
     * @return whether it was there
     * @throws io.grpc.StatusRuntimeException if it fails; the cache may then have the old object until it expires, which
     *     takes 5 minutes and a half at most
     */
    public boolean evict(String id) {
        try {
            return entries.evict(id);
        } finally {
            lookups.remove(id); // It may have read what was there before; who asks from now on shall not get that.
        }
    }

    private CompletableFuture<Optional<String>> lookUp(String id, Loader loader) {
        Duration patience = patience();
        Lookup own = new Lookup(entries, id, entry -> settle(id, entry, loader), ended -> lookups.remove(id, ended));
        Lookup open = lookups.putIfAbsent(id, own);
        if (open == null) {
            own.start(patience);
            return own.answer();
        }
        open.endPatienceAfter(patience);
        return open.answer();
    }

    private Duration patience() {
        Deadline callers = Context.current().getDeadline();
        if (callers == null) {
            return maxCacheWait;
        }
        Duration half = Duration.ofNanos(callers.timeRemaining(TimeUnit.NANOSECONDS) / 2);
        return half.compareTo(maxCacheWait) < 0 ? half : maxCacheWait;
    }

    private CompletableFuture<Optional<String>> settle(String id, Entry entry, Loader loader) {
        return switch (entry.state()) {
            case CACHE_STATE_HIT -> CompletableFuture.completedFuture(Optional.of(entry.json()));
            case CACHE_STATE_NEGATIVE -> CompletableFuture.completedFuture(Optional.empty());
            case CACHE_STATE_STALE -> {
                refresh(id, entry.lease(), loader);
                yield CompletableFuture.completedFuture(Optional.of(entry.json()));
            }
            case CACHE_STATE_MISS -> loadAndPut(id, entry.lease(), loader);
            default -> loads.start(id, loader);
        };
    }

    private void refresh(String id, String lease, Loader loader) {
        if (refreshing.add(id)) {
            var unused = loadAndPut(id, lease, loader).whenComplete((value, failure) -> refreshing.remove(id));
        }
    }

    /** Nobody waits for the put: the value is good whether or not it is stored. After a failed load the lease just ends. */
    private CompletableFuture<Optional<String>> loadAndPut(String id, String lease, Loader loader) {
        CompletableFuture<Optional<String>> load = loads.start(id, loader);
        var unused = load.thenAccept(value -> {
            if (value.isEmpty() || isShort(value.get())) {
                Context.ROOT.run(() -> entries.put(id, value, lease));
            }
        });
        return load;
    }

    private static boolean isShort(String json) {
        return json.length() <= MAX_BYTES && json.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES;
    }

    void shutdown() {
        loads.shutdown();
    }

    void awaitTermination(Deadline end) throws InterruptedException {
        loads.awaitTermination(end);
    }

    void shutdownNow() {
        loads.shutdownNow();
    }
}
