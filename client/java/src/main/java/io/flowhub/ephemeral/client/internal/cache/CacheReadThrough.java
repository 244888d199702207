package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.Loader;
import io.flowhub.ephemeral.client.ReadThrough;
import io.flowhub.ephemeral.client.internal.ClientThreads;
import io.flowhub.ephemeral.client.internal.ClientTimer;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Deadline;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * {@link ReadThrough} over the cache of one kind of object. Concurrent reads of one id share one {@link CacheLookup}; the
 * lease of its reply decides which process loads.
 */
public final class CacheReadThrough implements ReadThrough {

    /** The server's limit for one object. */
    private static final int MAX_BYTES = 5_120;

    private final CacheBackend backend;
    private final Duration maxCacheWait;
    private final LoadExecutor loads;
    private final ScheduledThreadPoolExecutor pollThread;
    private final ClientTimer pollTimer;
    private final ConcurrentMap<String, CacheLookup> lookups = new ConcurrentHashMap<>();
    private final Set<String> refreshing = ConcurrentHashMap.newKeySet();

    public static CacheReadThrough ofUsers(Channel channel, ReadThroughSettings settings) {
        return new CacheReadThrough("user", new UserCacheBackend(channel), settings);
    }

    public static CacheReadThrough ofProducts(Channel channel, ReadThroughSettings settings) {
        return new CacheReadThrough("product", new ProductCacheBackend(channel), settings);
    }

    private CacheReadThrough(String name, CacheBackend backend, ReadThroughSettings settings) {
        this.backend = backend;
        this.maxCacheWait = settings.maxCacheWait();
        this.loads = new LoadExecutor(name, settings.maxLoads(), settings.loadDeadline());
        // Not the timer of the loads: a poll that blocks must not extend the deadline of a load.
        this.pollThread = ClientThreads.timer("ephemeral-" + name + "-poll");
        this.pollTimer = ClientTimer.on(pollThread);
    }

    @Override
    public Optional<String> get(String id, Loader loader) {
        return CallFutures.getInContext(lookUp(id, loader));
    }

    @Override
    public CompletableFuture<Optional<String>> getAsync(String id, Loader loader) {
        // Stages that the application adds must not run on, and maybe block, a thread of the client.
        return lookUp(id, loader).thenApplyAsync(Function.identity());
    }

    @Override
    public boolean evict(String id) {
        try {
            return backend.evict(id);
        } finally {
            lookups.remove(id); // It may have read the old value; later callers start a new lookup.
        }
    }

    private CompletableFuture<Optional<String>> lookUp(String id, Loader loader) {
        Duration maxWait = maxWait();
        CacheLookup own = new CacheLookup(
                backend,
                id,
                reply -> resolve(id, reply, loader),
                ended -> lookups.remove(id, ended),
                pollTimer,
                System::nanoTime);
        CacheLookup open = lookups.putIfAbsent(id, own);
        if (open == null) {
            own.start(maxWait);
            return own.result();
        }
        open.endAfter(maxWait);
        return open.result();
    }

    private Duration maxWait() {
        Deadline deadline = Context.current().getDeadline();
        if (deadline == null) {
            return maxCacheWait;
        }
        Duration half = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS) / 2);
        return half.compareTo(maxCacheWait) < 0 ? half : maxCacheWait;
    }

    private CompletableFuture<Optional<String>> resolve(String id, CacheReply reply, Loader loader) {
        return switch (reply.state()) {
            case CACHE_STATE_HIT -> CompletableFuture.completedFuture(Optional.of(reply.json()));
            case CACHE_STATE_NEGATIVE -> CompletableFuture.completedFuture(Optional.empty());
            case CACHE_STATE_STALE -> {
                refresh(id, reply.lease(), loader);
                yield CompletableFuture.completedFuture(Optional.of(reply.json()));
            }
            case CACHE_STATE_MISS -> loadAndPut(id, reply.lease(), loader);
            default -> loads.start(id, loader);
        };
    }

    private void refresh(String id, String lease, Loader loader) {
        if (refreshing.add(id)) {
            var unused = loadAndPut(id, lease, loader).whenComplete((value, failure) -> refreshing.remove(id));
        }
    }

    /** Does not wait for the put: the value is good whether or not it is stored. After a failed load the lease expires. */
    private CompletableFuture<Optional<String>> loadAndPut(String id, String lease, Loader loader) {
        CompletableFuture<Optional<String>> load = loads.start(id, loader);
        var unused = load.thenAccept(value -> {
            if (value.isEmpty() || fits(value.get())) {
                Context.ROOT.run(() -> backend.put(id, value, lease));
            }
        });
        return load;
    }

    private static boolean fits(String json) {
        return json.length() <= MAX_BYTES && json.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES;
    }

    /** Rejects new loads. Those that run or wait continue. */
    public void shutdown() {
        loads.shutdown();
        pollThread.shutdown();
    }

    public void awaitTermination(Deadline end) throws InterruptedException {
        loads.awaitTermination(end);
    }

    /** Ends all loads. */
    public void shutdownNow() {
        loads.shutdownNow();
        pollThread.shutdownNow();
    }
}
