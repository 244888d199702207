package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.api.listener.StatusListener;
import org.redisson.client.codec.StringCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door to Redis. Operations that arrive while earlier ones are in flight leave together as one script call (see
 * {@link ScriptBatcher}). Connecting happens in the background and goes on until it succeeds; while Redis is away, operations
 * fail at once.
 */
public final class RedisClient implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RedisClient.class);

    private static final long PULSE_MILLIS = 200;

    /** So many missed pulses in a row make Redis away: one may be lost to a pause of this process. */
    private static final int MISSES_UNTIL_AWAY = 2;

    /** Scripts that are called one by one pipeline instead of batching. */
    private static final int SINGLE_SCRIPTS_IN_FLIGHT = 64;

    private final RedisSettings settings;
    private final Ticker ticker;
    private final @Nullable EmbeddedRedis embedded;
    private final Endpoint endpoint;
    private final EventLoopGroup loop = Connector.newLoop();
    private final ScheduledExecutorService pulse;
    private final CompletableFuture<Boolean> firstPulse = new CompletableFuture<>();
    private final List<Consumer<Boolean>> watchers = new CopyOnWriteArrayList<>();
    private final Map<String, Subscriber> subscribers = new ConcurrentHashMap<>();

    /** By script and master: a master that is gone must not hold up the calls to the others of a Cluster. */
    private final Map<Script, Map<Object, ScriptBatcher>> lanes = new ConcurrentHashMap<>();

    private volatile @Nullable Connection connection;
    private volatile boolean up;
    private volatile boolean closed;
    private int misses;
    private boolean complained;

    /** What there is once Redis was reached for the first time. Redisson keeps it alive from then on. */
    private record Connection(RedissonClient client, BatchSender sender, Masters masters) {}

    /**
     * Starts the embedded Redis if the settings ask for it, and starts connecting.
     *
     * @throws IOException if the embedded Redis does not start
     */
    public static RedisClient open(RedisSettings settings, Ticker ticker) throws IOException {
        EmbeddedRedis embedded =
                settings.endpoint() instanceof Embedded ours ? EmbeddedRedis.start(ours.maxMemory()) : null;
        return new RedisClient(settings, embedded, ticker);
    }

    private RedisClient(RedisSettings settings, @Nullable EmbeddedRedis embedded, Ticker ticker) {
        this.settings = settings;
        this.ticker = ticker;
        this.embedded = embedded;
        this.endpoint = embedded == null ? settings.endpoint() : embedded.endpoint();
        this.pulse = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "redis-pulse");
            thread.setDaemon(true);
            return thread;
        });
        var unused = pulse.scheduleWithFixedDelay(this::beat, 0, PULSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** For people: which Redis this is. */
    public String describe() {
        return embedded == null ? endpoint.describe() : settings.endpoint().describe() + " at " + embedded.address();
    }

    /** Completes with whether Redis answered when it was first asked. */
    public CompletionStage<Boolean> firstPulse() {
        return firstPulse;
    }

    /** Calls the watcher with the present state and at each change: true when Redis answers, false when it is away. */
    public void watch(Consumer<Boolean> watcher) {
        watchers.add(watcher);
        watcher.accept(up);
    }

    /** Keys of the same group may stand in one operation: all keys, or on a Cluster those of one slot. */
    public int groupOf(String key) {
        return isCluster() ? Slots.of(key) : 0;
    }

    /**
     * One key on each master, by which an operation is sent there: it says which master, and nothing is ever stored under
     * it. Masters without slots have no keys and are left out.
     */
    public List<String> keyPerMaster() {
        Connection connected = connection;
        return connected == null
                ? List.of(Masters.ANY_KEY)
                : connected.masters().keyOfEach();
    }

    /** Whether keys live in many slots, on several masters; not known, and so false, until Redis was reached. */
    public boolean isCluster() {
        Connection connected = connection;
        return connected != null && connected.client().getConfig().isClusterConfig();
    }

    /**
     * Runs an operation on behalf of the gRPC call whose {@link io.grpc.Context} is current. If that call is cancelled or
     * its deadline passes before the operation is sent, the operation is dropped and has no effect. On a thread without a
     * gRPC call the operation cannot be cancelled.
     *
     * @return the decoded reply, or a {@link ServiceException}
     */
    public <T> CompletableFuture<T> call(Operation<T> operation) {
        return submit(operation, Cancellation.ofCurrentCall());
    }

    /**
     * Runs an operation whatever becomes of the current gRPC call: for the second half of a two-step write, and for work
     * that other callers share.
     *
     * @return the decoded reply, or a {@link ServiceException}
     */
    public <T> CompletableFuture<T> callUncancellable(Operation<T> operation) {
        return submit(operation, Cancellation.NEVER);
    }

    /**
     * Runs an operation.
     *
     * @param callerGone asked before the operation leaves; if true it is dropped without effect
     * @return the decoded reply, or a {@link ServiceException}
     */
    public <T> CompletableFuture<T> call(Operation<T> operation, BooleanSupplier callerGone) {
        return submit(operation, callerGone);
    }

    private <T> CompletableFuture<T> submit(Operation<T> operation, BooleanSupplier cancelled) {
        PendingCall<T> pending = new PendingCall<>(operation, cancelled);
        if (!up) {
            pending.fail(new RedisUnavailableException("Redis is away"));
            return pending.future();
        }
        try {
            lane(operation).submit(pending);
        } catch (RejectedExecutionException e) {
            pending.fail(closing());
        }
        if (closed) { // after close() looked at what waits
            pending.fail(closing());
        }
        return pending.future();
    }

    /** Listens to a channel for as long as this is open, also across lost connections. One subscriber a channel. */
    public void subscribe(String channel, Subscriber subscriber) {
        subscribers.put(channel, subscriber);
        Connection connected = connection;
        if (connected != null) {
            subscribe(connected.client(), channel, subscriber);
        }
    }

    private ScriptBatcher lane(Operation<?> operation) {
        Script script = operation.script();
        Object master = connected().masters().of(operation.keys().get(0));
        return lanes.computeIfAbsent(script, s -> new ConcurrentHashMap<>())
                .computeIfAbsent(master, m -> newLane(script));
    }

    private ScriptBatcher newLane(Script script) {
        return new ScriptBatcher(
                script,
                settings.maxQueuedCalls(),
                Math.min(script.maxBatch(), settings.maxCallsPerScript()),
                scriptsInFlight(script),
                loop,
                ticker,
                (calls, waited) -> connected().sender().send(script, calls, waited));
    }

    private int scriptsInFlight(Script script) {
        int most = script.header().batched() ? settings.maxScriptsInFlight() : SINGLE_SCRIPTS_IN_FLIGHT;
        return Math.min(script.maxInFlight(), most);
    }

    private Connection connected() {
        Connection connected = connection;
        if (connected == null) {
            throw new IllegalStateException("up without a connection");
        }
        return connected;
    }

    /** Runs every {@value #PULSE_MILLIS} ms, on the pulse thread alone: connecting may block it. */
    private void beat() {
        try {
            Connection connected = connection;
            if (connected == null) {
                RedissonClient client = Connector.connect(settings, endpoint, loop);
                connected = new Connection(
                        client,
                        new BatchSender(client, client.getConfig().isClusterConfig(), loop, settings.timeout()),
                        Masters.of(client));
                connection = connected;
                if (closed) { // close() may have seen no connection
                    shutdown(client);
                    return;
                }
                subscribers.forEach((channel, subscriber) -> subscribe(client, channel, subscriber));
            }
            HealthCheck.take(connected.client()).thenAccept(this::felt);
        } catch (IOException | RuntimeException e) {
            if (!complained && !closed) { // once is enough: it goes on until it succeeds
                log.warn(
                        "Cannot connect to {} ({}); trying on",
                        describe(),
                        rootCause(e).getClass().getSimpleName());
                complained = true;
            }
            felt(false);
        }
    }

    private synchronized void felt(boolean alive) {
        if (closed) {
            return;
        }
        misses = alive ? 0 : misses + 1;
        boolean now = alive || (up && misses < MISSES_UNTIL_AWAY);
        if (now != up) {
            up = now;
            if (now) {
                log.info("Redis answers: {}", describe());
            } else {
                log.warn("Redis is away: {}", describe());
            }
            watchers.forEach(watcher -> watcher.accept(now));
        }
        firstPulse.complete(alive);
    }

    /** Subscribes, and tries again until it succeeds. From then on Redisson keeps the subscription. */
    private void subscribe(RedissonClient client, String channel, Subscriber subscriber) {
        RTopic topic = client.getTopic(channel, StringCodec.INSTANCE);
        StatusListener gaps = new StatusListener() {
            @Override
            public void onSubscribe(String name) {
                subscriber.onGap();
            }

            @Override
            public void onUnsubscribe(String name) {
                subscriber.onGap();
            }
        };
        var unused = topic.addListenerAsync(gaps)
                .thenCompose(
                        id -> topic.addListenerAsync(String.class, (name, message) -> subscriber.onMessage(message)))
                .whenComplete((id, failure) -> {
                    if (failure == null) {
                        subscriber.onGap(); // the first one came before the listener for messages
                    } else if (!pulse.isShutdown()) { // a listener that stands twice does no harm
                        var unusedRetry = pulse.schedule(
                                () -> subscribe(client, channel, subscriber), PULSE_MILLIS, TimeUnit.MILLISECONDS);
                    }
                });
    }

    private static Throwable rootCause(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Closes the connections and stops the embedded Redis. Calls still under way fail. */
    @Override
    public void close() {
        closed = true;
        pulse.shutdownNow();
        lanes.values().forEach(byMaster -> byMaster.values().forEach(RedisClient::failAll));
        Connection connected = connection;
        if (connected != null) {
            shutdown(connected.client());
        }
        var unused = loop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        if (embedded != null) {
            embedded.close();
        }
    }

    private static void failAll(ScriptBatcher lane) {
        try {
            lane.failAll(closing());
        } catch (RejectedExecutionException e) {
            // Closed before.
        }
    }

    private static void shutdown(RedissonClient client) {
        client.shutdown(0, 2, TimeUnit.SECONDS);
    }

    private static ServiceException closing() {
        return new RedisUnavailableException("the door to Redis is closed");
    }
}
