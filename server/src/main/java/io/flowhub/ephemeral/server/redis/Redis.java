package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
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
 * {@link Lane}). Connecting happens in the background and goes on until it succeeds; while Redis is away, operations
 * fail at once.
 */
public final class Redis implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Redis.class);

    private static final long PULSE_MILLIS = 200;

    /** So many missed pulses in a row make Redis away: one may be lost to a pause of this process. */
    private static final int MISSES_UNTIL_AWAY = 2;

    /** On a Cluster, calls to a master that is gone must not hold up those to the others: 16 lanes share the slots. */
    private static final int LANES_ON_CLUSTER = 16;

    /** Scripts that are called one by one pipeline instead of batching. */
    private static final int SINGLE_SCRIPTS_IN_FLIGHT = 64;

    private final RedisSettings settings;
    private final @Nullable EmbeddedRedis embedded;
    private final Endpoint endpoint;
    private final EventLoopGroup loop = Connector.newLoop();
    private final ScheduledExecutorService pulse;
    private final CompletableFuture<Boolean> firstPulse = new CompletableFuture<>();
    private final List<Consumer<Boolean>> watchers = new CopyOnWriteArrayList<>();
    private final Map<String, Subscriber> subscribers = new ConcurrentHashMap<>();
    private final Map<Script, Lane[]> lanes = new ConcurrentHashMap<>();

    private volatile @Nullable Connection connection;
    private volatile boolean up;
    private int misses;
    private boolean complained;

    /** What there is once Redis was reached for the first time. Redisson keeps it alive from then on. */
    private record Connection(RedissonClient client, Sender sender) {}

    /**
     * Starts the embedded Redis if the settings ask for it, and starts connecting.
     *
     * @throws IOException if the embedded Redis does not start
     */
    public static Redis open(RedisSettings settings) throws IOException {
        EmbeddedRedis embedded =
                settings.endpoint() instanceof Embedded ours ? EmbeddedRedis.start(ours.maxMemory()) : null;
        return new Redis(settings, embedded);
    }

    private Redis(RedisSettings settings, @Nullable EmbeddedRedis embedded) {
        this.settings = settings;
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

    private boolean isCluster() {
        Connection connected = connection;
        return connected != null && connected.client().getConfig().isClusterConfig();
    }

    /**
     * Runs an operation.
     *
     * @param callerGone asked before the operation leaves; if true it is dropped without effect
     * @return the decoded reply, or a {@link RedisFailure}
     */
    public <T> CompletableFuture<T> call(Operation<T> operation, BooleanSupplier callerGone) {
        Pending<T> pending = new Pending<>(operation, callerGone);
        if (up) {
            lane(operation).submit(pending);
        } else {
            pending.fail(new RedisFailure.Unavailable("Redis is away", null));
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

    private Lane lane(Operation<?> operation) {
        Lane[] parts = lanes.computeIfAbsent(operation.script(), this::newLanes);
        return parts.length == 1 ? parts[0] : parts[Slots.of(operation.keys().get(0)) * parts.length / Slots.COUNT];
    }

    private Lane[] newLanes(Script script) {
        Lane[] parts = new Lane[isCluster() ? LANES_ON_CLUSTER : 1];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = new Lane(
                    script,
                    settings.maxQueuedCalls(),
                    script.isBatched() ? settings.maxCallsPerScript() : 1,
                    script.isBatched() ? settings.maxScriptsInFlight() : SINGLE_SCRIPTS_IN_FLIGHT,
                    loop,
                    calls -> send(script, calls));
        }
        return parts;
    }

    private CompletionStage<Boolean> send(Script script, List<Pending<?>> calls) {
        Connection connected = connection;
        if (connected == null) {
            throw new IllegalStateException("up without a connection");
        }
        return connected.sender().send(script, calls);
    }

    /** Runs every {@value #PULSE_MILLIS} ms, on the pulse thread alone: connecting may block it. */
    private void beat() {
        try {
            Connection connected = connection;
            if (connected == null) {
                RedissonClient client = Connector.connect(settings, endpoint, loop);
                connected = new Connection(
                        client, new Sender(client, client.getConfig().isClusterConfig(), loop, settings.timeout()));
                connection = connected;
                subscribers.forEach((channel, subscriber) -> subscribe(client, channel, subscriber));
            }
            Pulse.take(connected.client()).thenAccept(this::felt);
        } catch (IOException | RuntimeException e) {
            if (!complained) { // once is enough: it goes on until it succeeds
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
                    if (failure != null && !pulse.isShutdown()) { // a listener that stands twice does no harm
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
        pulse.shutdownNow();
        Connection connected = connection;
        if (connected != null) {
            connected.client().shutdown(0, 2, TimeUnit.SECONDS);
        }
        var unused = loop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        if (embedded != null) {
            embedded.close();
        }
    }
}
