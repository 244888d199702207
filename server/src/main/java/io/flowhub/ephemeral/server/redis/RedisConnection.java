package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.Embedded;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisSettings.Topology;
import io.netty.channel.EventLoopGroup;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/**
 * Connects to Redis in the background, retries until it succeeds, and closes connections that are silent or lead to a
 * replica. Starts and ends the embedded Redis.
 */
final class RedisConnection implements AutoCloseable {

    private final RedisSettings settings;
    private final Endpoint endpoint;
    private final String description;
    private final @Nullable EmbeddedRedis embedded;
    private final @Nullable RedisTls tls;
    private final Ticker ticker;
    private final EventLoopGroup loop = Connector.newLoop();
    private final DaemonScheduler health = new DaemonScheduler("redis-health");
    private final Availability availability;
    private final Traffic traffic = new Traffic();
    private final ScriptMetrics scriptMetrics = new ScriptMetrics();
    private final Subscriptions subscriptions = new Subscriptions(this::runLater);
    private final ConnectionHook hook;
    private final SubscriptionWatch subscriptionWatch;
    private volatile BooleanSupplier subscriptionDemand = () -> false;
    private volatile @Nullable Connected connected;
    private volatile boolean closed;

    /** Exists once Redis was reached for the first time. From then on Redisson reconnects by itself. */
    private record Connected(
            RedissonClient client, Namespace namespace, Masters masters, ScriptExecutor scripts, WriteProbe probe) {

        CompletionStage<Long> publish(String channel, String text) {
            return Subscriptions.publish(client, namespace.channel(channel), text);
        }

        void shutdown() {
            scripts.close();
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    /** @throws IOException if the embedded Redis does not start, or a file of TLS cannot be used */
    static RedisConnection open(RedisSettings settings, Ticker ticker) throws IOException {
        return settings.endpoint() instanceof Embedded embedded
                ? new RedisConnection(
                        settings,
                        EmbeddedRedis.start(
                                embedded.maxMemory(), embedded.credentials().password()),
                        null,
                        ticker)
                : new RedisConnection(settings, null, RedisTls.of(settings.endpoint()), ticker);
    }

    private RedisConnection(
            RedisSettings settings, @Nullable EmbeddedRedis embedded, @Nullable RedisTls tls, Ticker ticker) {
        this.tls = tls;
        String configured = settings.endpoint().describe();
        this.settings = settings;
        this.ticker = ticker;
        this.embedded = embedded;
        this.endpoint = embedded == null ? settings.endpoint() : embedded.endpoint();
        this.description = embedded == null ? configured : configured + " at " + embedded.address();
        this.hook = new ConnectionHook(traffic::onDoubt, topologyPolls(), tls);
        this.subscriptionWatch = new SubscriptionWatch(ticker, hook::closeSubscriptionConnections);
        subscriptions.add(WriteProbe.CHANNEL, subscriptionWatch);
        this.availability = new Availability(description, ticker, traffic, this::longestRoundTrip, this::sendProbe);
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

    void register(PrometheusRegistry metrics) {
        RedisMetrics.register(
                metrics, availability, hook, this::longestRoundTrip, this::longestQueue, settings.maxQueuedCalls());
        scriptMetrics.register(metrics);
    }

    private long longestQueue() {
        ScriptExecutor scripts = scripts();
        return scripts == null ? 0 : scripts.longestQueue();
    }

    private Duration longestRoundTrip() {
        ScriptExecutor scripts = scripts();
        return scripts == null ? Duration.ZERO : scripts.longestRoundTrip();
    }

    /** When the files of TLS expire, by setting. */
    Map<String, Instant> tlsExpiries() {
        return tls == null ? Map.of() : tls.expiries();
    }

    /** The kind and the address of Redis, without credentials. */
    String description() {
        return description;
    }

    Availability availability() {
        return availability;
    }

    boolean isClosed() {
        return closed;
    }

    /** What runs operations; null until Redis was reached. */
    @Nullable
    ScriptExecutor scripts() {
        Connected current = connected;
        return current == null ? null : current.scripts();
    }

    Masters masters() {
        Connected current = connected;
        return current == null ? Masters.ONE : current.masters();
    }

    Subscriptions subscriptions() {
        return subscriptions;
    }

    /** @param demand whether streams are open that receive what subscriptions deliver; called often */
    void subscriptionDemand(BooleanSupplier demand) {
        subscriptionDemand = demand;
    }

    /** Publishes outside of the batches, if Redis was reached. */
    void publish(String channel, String text) {
        Connected current = connected;
        if (current != null && !closed) {
            var unused = current.publish(channel, text);
        }
    }

    private CompletionStage<Optional<OutageCause>> sendProbe() throws IOException {
        Connected current = connected;
        if (current == null) {
            current = connect();
            connected = current;
            if (closed) { // close() may have found no connection
                current.shutdown();
            } else {
                subscriptions.connect(Subscriptions.of(current.client(), current.namespace()));
            }
        }
        if (traffic.takeReplica()) {
            leaveReplica();
        }
        subscriptionWatch.onSent();
        return current.probe().send().thenApply(this::onProbed);
    }

    private Connected connect() throws IOException {
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
                client, masters.isCluster(), namespace, loop, ticker, settings.timeout(), traffic, scriptMetrics);
        ScriptExecutor scripts = new ScriptExecutor(settings, loop, ticker, masters, QueueMemory.ofHeap(), sender);
        WriteProbe probe = new WriteProbe(scripts, masters, namespace.channel(WriteProbe.CHANNEL));
        return new Connected(client, namespace, masters, scripts, probe);
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
        if (!masters().isCluster()) {
            hook.closeConnections();
        }
    }

    private void watchConnections() {
        hook.closeSilentConnections();
        subscriptionWatch.check();
        Connected current = connected;
        if (current != null && availability.isUp() && subscriptionDemand.getAsBoolean() && subscriptionWatch.isDue()) {
            subscriptionWatch.onSent();
            var unused = current.publish(WriteProbe.CHANNEL, "").whenComplete((receivers, failure) -> {
                if (failure != null) {
                    subscriptionWatch.onFailed();
                    traffic.onDoubt();
                }
            });
        }
    }

    private void runLater(Runnable task) {
        var unused = health.schedule(task, Availability.TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        availability.close();
        closed = true;
        health.shutdownNow();
        Connected current = connected;
        if (current != null) {
            current.shutdown();
        }
        var unused = loop.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        if (embedded != null) {
            embedded.close();
        }
    }
}
