package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.grpc.Context;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Access to Redis for all features. Operations that arrive while earlier ones are in flight are sent together as one script
 * call (see {@link ScriptBatcher}). The client connects in the background and retries until it succeeds; while Redis is
 * unavailable, operations fail at once.
 */
public final class RedisClient implements AutoCloseable {

    private final RedisConnection connection;
    private final Availability availability;
    private final Ticker ticker;
    private final SubscriptionLease lease;

    /** Identifies this server in the messages of its scripts. */
    private final String serverTag = Long.toHexString(UUID.randomUUID().getMostSignificantBits());

    private final Map<String, CountedChannel> countedChannels = new ConcurrentHashMap<>();

    private volatile boolean called;

    /** Reports the files of TLS that {@link #open} would reject. */
    public static void check(RedisSettings settings, Problems problems) {
        RedisTls.check(settings.endpoint(), problems);
    }

    /**
     * Starts the embedded Redis if the settings require it, and starts connecting.
     *
     * @throws IOException if the embedded Redis does not start, or a file of TLS cannot be used
     */
    public static RedisClient open(RedisSettings settings, Ticker ticker) throws IOException {
        return new RedisClient(RedisConnection.open(settings, ticker), ticker);
    }

    private RedisClient(RedisConnection connection, Ticker ticker) {
        this.connection = connection;
        this.availability = connection.availability();
        this.ticker = ticker;
        this.lease = new SubscriptionLease(ticker, serverTag, this::publishRenewal);
        subscribe(WriteProbe.CHANNEL, lease);
    }

    /** The nodes of a Cluster pass messages on in no order that a renewal could rely on. */
    private void publishRenewal(String message) {
        if (!isCluster()) {
            connection.publish(WriteProbe.CHANNEL, message);
        }
    }

    /** Registers the metrics of Redis. To be called once. */
    public void register(PrometheusRegistry metrics) {
        connection.register(metrics);
    }

    /** When the files of TLS of Redis expire, by setting. */
    public Map<String, Instant> tlsExpiries() {
        return connection.tlsExpiries();
    }

    /** The kind and the address of Redis, without credentials. */
    public String describe() {
        return connection.description();
    }

    /** Completes with the result of the first probe of Redis. */
    public CompletionStage<Boolean> initialRedisCheck() {
        return availability.initialCheck();
    }

    /** Whether Redis accepts calls, as far as this is known. */
    public boolean isAvailable() {
        return availability.isUp();
    }

    /** How long calls were queued lately before they were sent to Redis, in milliseconds; 0 if it is short. */
    public long queuedMillis() {
        ScriptExecutor scripts = connection.scripts();
        return scripts == null ? 0 : scripts.queuedMillis();
    }

    /**
     * Calls the listener with the current state and at each change: true when Redis is available, false when it is unavailable.
     * Calls never overlap, and the last one has the current state. The listener must be short.
     */
    public void addAvailabilityListener(Consumer<Boolean> listener) {
        availability.addListener(listener);
    }

    /** Whether keys are spread over slots on several masters. False until Redis was reached. */
    public boolean isCluster() {
        return connection.masters().isCluster();
    }

    /** The slot of a key on a Cluster, else 0. The keys of one operation must have the same slot. */
    public int slotOf(String key) {
        return isCluster() ? Slots.of(key) : 0;
    }

    /** A hash tag that selects the slot of this key, the same for all keys of the slot: for state that users share. */
    public String tagOfSlot(String key) {
        return isCluster() ? Slots.keyIn(Slots.of(key)) : Masters.ANY_KEY;
    }

    /** Whether one operation may use both keys. */
    public boolean sameSlot(String key, String other) {
        return !isCluster() || Slots.of(key) == Slots.of(other);
    }

    /** Identifies the master of a key: equal for keys of the same master. */
    public Object masterOf(String key) {
        return connection.masters().of(key);
    }

    /**
     * One key per master, to address an operation to that master. Nothing is stored under it. Masters without slots have no
     * keys and are left out.
     */
    public List<String> keyPerMaster() {
        return connection.masters().keyPerMaster();
    }

    /**
     * Runs an operation on behalf of the gRPC call whose {@link Context} is current. If that call is cancelled or
     * its deadline passes before the operation is sent, the operation is dropped and has no effect. On a thread without a
     * gRPC call the operation cannot be cancelled.
     *
     * @return the decoded reply, or a {@link ServiceException}
     */
    public <T> CompletableFuture<T> call(Operation<T> operation) {
        markCalled(operation);
        return call(operation, Cancellation.ofCurrentCall());
    }

    /**
     * Runs an operation whatever becomes of the current gRPC call: for the second half of a two-step write, and for work
     * that other callers share.
     *
     * @return the decoded reply, or a {@link ServiceException}
     */
    public <T> CompletableFuture<T> callUncancellable(Operation<T> operation) {
        return call(operation, Cancellation.NEVER);
    }

    /**
     * Like {@link #call(Operation)}, on behalf of the gRPC call with the given context. A stage of a future runs on the
     * thread that completes it, where the context of the call is not current; so a chained operation gets it from here.
     */
    public <T> CompletableFuture<T> call(Operation<T> operation, Context caller) {
        markCalled(operation);
        return call(operation, Cancellation.of(caller));
    }

    private void markCalled(Operation<?> operation) {
        if (!called && !operation.script().header().lean()) { // nearly always one read only
            called = true;
        }
    }

    /**
     * Whether an operation that may store something ran for a caller since the last time this was asked. Uncancellable
     * operations do not count.
     */
    public boolean takeCalled() {
        boolean taken = called;
        called = false;
        return taken;
    }

    /**
     * Runs operations of one script like {@link #call(Operation)}, and sends them together: those of one master leave in
     * one batch, unless it is full, so that another batch never runs in between for lack of a moment.
     *
     * @return the decoded replies in the order of the operations, or the failure of one of them
     */
    public <T> CompletableFuture<List<T>> callAll(List<Operation<T>> operations) {
        operations.forEach(this::markCalled);
        return submit(scripts -> scripts.submitAll(operations, Cancellation.ofCurrentCall()));
    }

    /** @param cancelled read just before the operation is sent; if true it is dropped and has no effect */
    <T> CompletableFuture<T> call(Operation<T> operation, BooleanSupplier cancelled) {
        return submit(scripts -> scripts.submit(operation, cancelled));
    }

    private <T> CompletableFuture<T> submit(Function<ScriptExecutor, CompletableFuture<T>> submission) {
        ScriptExecutor scripts = connection.scripts();
        if (connection.isClosed()) {
            return CompletableFuture.failedFuture(ScriptExecutor.shuttingDown());
        }
        if (scripts == null || !availability.isUp()) {
            return CompletableFuture.failedFuture(new RedisUnavailableException(
                    "Redis is unavailable: " + availability.cause().word()));
        }
        return submission.apply(scripts);
    }

    /**
     * Passes a message that a script has published to the subscribers of this server: the next call may come before Redis
     * delivers it. They receive it twice.
     */
    public void deliver(String channel, String message) {
        connection.subscriptions().deliver(channel, message);
    }

    /**
     * Subscribes to a channel until this client is closed, also across lost connections. A channel may have several
     * subscribers.
     */
    public void subscribe(String channel, Subscriber subscriber) {
        connection.subscriptions().add(channel, subscriber);
    }

    /** A local cache of keys that scripts publish to the channel when they change. */
    public <E extends SetAssociativeCache.Entry> LocalCache<E> localCache(String channel) {
        LocalCache<E> cache = new LocalCache<>(ticker, lease::isHeld);
        subscribe(channel, cache);
        return cache;
    }

    /** The channel of this name, to which scripts publish. Always the same one, as it counts. Subscribe to it once. */
    public CountedChannel countedChannel(String channel) {
        return countedChannels.computeIfAbsent(
                channel,
                name -> new CountedChannel(
                        serverTag, text -> connection.publish(name, text), subscriber -> subscribe(name, subscriber)));
    }

    /**
     * Makes silent subscriptions be found within seconds while this is true, else within a minute.
     *
     * @param demand whether streams are open that receive what subscriptions deliver; called often
     */
    public void subscriptionDemand(BooleanSupplier demand) {
        connection.subscriptionDemand(demand);
    }

    /** Fails all calls, closes the connections and stops the embedded Redis. */
    @Override
    public void close() {
        connection.close();
    }
}
