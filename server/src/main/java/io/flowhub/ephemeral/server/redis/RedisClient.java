package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisSettings.Topology;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.grpc.Context;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/**
 * Access to Redis for all features. Operations that arrive while earlier ones are in flight are sent together as one script
 * call (see {@link ScriptBatcher}). The client connects in the background and retries until it succeeds; while Redis is
 * unavailable, operations fail at once.
 */
public final class RedisClient implements AutoCloseable {

    private final RedisSettings settings;
    private final Endpoint endpoint;
    private final String description;
    private final @Nullable EmbeddedRedis embedded;
    private final Ticker ticker;
    private final EventLoopGroup loop = Connector.newLoop();
    private final DaemonScheduler health = new DaemonScheduler("redis-health");
    private final Availability availability;
    private final Traffic traffic = new Traffic();
    private final Subscriptions subscriptions = new Subscriptions(this::runLater);
    private final ConnectionHook hook;
    private final SubscriptionWatch subscriptionWatch;

    /** Identifies this server in the messages of its scripts. */
    private final String serverTag = Long.toHexString(UUID.randomUUID().getMostSignificantBits());

    private volatile BooleanSupplier subscriptionDemand = () -> false;
    private volatile @Nullable Connection connection;
    private volatile boolean closed;
    private volatile boolean called;

    /** Exists once Redis was reached for the first time. From then on Redisson reconnects by itself. */
    private record Connection(
            RedissonClient client, Namespace namespace, Masters masters, ScriptExecutor scripts, WriteProbe probe) {}

    /**
     * Starts the embedded Redis if the settings require it, and starts connecting.
     *
     * @throws IOException if the embedded Redis does not start
     */
    public static RedisClient open(RedisSettings settings, Ticker ticker) throws IOException {
        return settings.endpoint() instanceof Embedded embedded
                ? new RedisClient(
                        settings,
                        EmbeddedRedis.start(
                                embedded.maxMemory(), embedded.credentials().password()),
                        ticker)
                : new RedisClient(settings, null, ticker);
    }

    private RedisClient(RedisSettings settings, @Nullable EmbeddedRedis embedded, Ticker ticker) {
        String configured = settings.endpoint().describe();
        this.settings = settings;
        this.ticker = ticker;
        this.embedded = embedded;
        this.endpoint = embedded == null ? settings.endpoint() : embedded.endpoint();
        this.description = embedded == null ? configured : configured + " at " + embedded.address();
        this.hook = new ConnectionHook(traffic::onDoubt, topologyPolls());
        this.subscriptionWatch = new SubscriptionWatch(ticker, hook::closeSubscriptionConnections);
        subscriptions.add(WriteProbe.CHANNEL, subscriptionWatch);
        this.availability = new Availability(description, ticker, traffic, this::sendProbe);
        availability.start(health);
        var unused = health.scheduleWithFixedDelay(
                this::watchConnections,
                Availability.TICK.toMillis(),
                Availability.TICK.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** A Redisson file has its own interval. */
    private @Nullable TopologyPolls topologyPolls() {
        return endpoint instanceof Remote remote && remote.topology() == Topology.CLUSTER
                ? new TopologyPolls(traffic, ticker)
                : null;
    }

    /** The kind and the address of Redis, without credentials. */
    public String describe() {
        return description;
    }

    /** Completes with the result of the first probe of Redis. */
    public CompletionStage<Boolean> initialRedisCheck() {
        return availability.initialCheck();
    }

    /** Whether Redis accepts calls, as far as this is known. */
    public boolean isAvailable() {
        return availability.isUp();
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
        Connection connected = connection;
        return connected != null && connected.client().getConfig().isClusterConfig();
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
        Connection connected = connection;
        return connected == null ? Masters.ANY_KEY : connected.masters().of(key);
    }

    /**
     * One key per master, to address an operation to that master. Nothing is stored under it. Masters without slots have no
     * keys and are left out.
     */
    public List<String> keyPerMaster() {
        Connection connected = connection;
        return connected == null
                ? List.of(Masters.ANY_KEY)
                : connected.masters().keyPerMaster();
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

    /** @param cancelled read just before the operation is sent; if true it is dropped and has no effect */
    <T> CompletableFuture<T> call(Operation<T> operation, BooleanSupplier cancelled) {
        Connection connected = connection;
        if (closed) {
            return CompletableFuture.failedFuture(ScriptExecutor.shuttingDown());
        }
        if (connected == null || !availability.isUp()) {
            return CompletableFuture.failedFuture(new RedisUnavailableException(
                    "Redis is unavailable: " + availability.cause().word()));
        }
        return connected.scripts().submit(operation, cancelled);
    }

    /**
     * Subscribes to a channel until this client is closed, also across lost connections.
     *
     * @throws IllegalStateException if the channel has a subscriber
     */
    public void subscribe(String channel, Subscriber subscriber) {
        subscriptions.add(channel, subscriber);
    }

    /** A channel to which scripts publish. Subscribe to it once. */
    public CountedChannel countedChannel(String channel) {
        return new CountedChannel(
                serverTag, text -> publish(channel, text), subscriber -> subscriptions.add(channel, subscriber));
    }

    private void publish(String channel, String text) {
        Connection connected = connection;
        if (connected != null && !closed) {
            var unused = Subscriptions.publish(
                    connected.client(), connected.namespace().channel(channel), text);
        }
    }

    /**
     * Makes silent subscriptions be found within seconds while this is true, else within a minute.
     *
     * @param demand whether streams are open that receive what subscriptions deliver; called often
     */
    public void subscriptionDemand(BooleanSupplier demand) {
        subscriptionDemand = demand;
    }

    private CompletionStage<Optional<OutageCause>> sendProbe() throws IOException {
        Connection connected = connection;
        if (connected == null) {
            connected = connect();
            connection = connected;
            if (closed) { // close() may have found no connection
                shutdown(connected);
            } else {
                subscriptions.connect(Subscriptions.of(connected.client(), connected.namespace()));
            }
        }
        if (traffic.takeReplica()) {
            leaveReplica();
        }
        subscriptionWatch.onSent();
        return connected.probe().send().thenApply(this::onProbed);
    }

    private Optional<OutageCause> onProbed(Optional<OutageCause> failure) {
        if (failure.isEmpty()) {
            return failure;
        }
        subscriptionWatch.onFailed();
        if (failure.get().isReplica()) {
            leaveReplica();
        }
        Throwable tlsFailure = failure.get().reply() ? null : hook.takeTlsFailure();
        return tlsFailure == null ? failure : Optional.of(OutageCause.of(tlsFailure));
    }

    /**
     * A single address may lead to another server by now, while the connections still lead to a master that became a replica.
     * On a Cluster Redisson follows the topology.
     */
    private void leaveReplica() {
        if (!isCluster()) {
            hook.closeConnections();
        }
    }

    private void watchConnections() {
        hook.closeSilentConnections();
        subscriptionWatch.check();
        Connection connected = connection;
        if (connected != null
                && availability.isUp()
                && subscriptionDemand.getAsBoolean()
                && subscriptionWatch.isDue()) {
            subscriptionWatch.onSent();
            var unused = Subscriptions.publish(
                            connected.client(), connected.namespace().channel(WriteProbe.CHANNEL), "")
                    .whenComplete((receivers, failure) -> {
                        if (failure != null) {
                            subscriptionWatch.onFailed();
                            traffic.onDoubt();
                        }
                    });
        }
    }

    private Connection connect() throws IOException {
        RedissonClient client;
        try {
            client = Connector.connect(settings, endpoint, loop, hook);
        } catch (RuntimeException e) {
            Throwable tlsFailure = hook.takeTlsFailure();
            throw tlsFailure == null ? e : new IllegalStateException(tlsFailure);
        }
        Masters masters = Masters.of(client);
        Namespace namespace = Namespace.of(settings.prefix(), client);
        BatchSender sender = new BatchSender(
                client, client.getConfig().isClusterConfig(), namespace, loop, ticker, settings.timeout(), traffic);
        ScriptExecutor scripts = new ScriptExecutor(settings, loop, ticker, masters, QueueMemory.ofHeap(), sender);
        WriteProbe probe = new WriteProbe(scripts, masters, namespace.channel(WriteProbe.CHANNEL));
        return new Connection(client, namespace, masters, scripts, probe);
    }

    private void runLater(Runnable task) {
        var unused = health.schedule(task, Availability.TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Fails all calls, closes the connections and stops the embedded Redis. */
    @Override
    public void close() {
        availability.close();
        closed = true;
        health.shutdownNow();
        Connection connected = connection;
        if (connected != null) {
            shutdown(connected);
        }
        var unused = loop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        if (embedded != null) {
            embedded.close();
        }
    }

    private static void shutdown(Connection connected) {
        connected.scripts().close();
        connected.client().shutdown(0, 2, TimeUnit.SECONDS);
    }
}
