package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.redis.FakeRedis.Answer;
import io.flowhub.ephemeral.server.redis.FakeRedis.Arrival;
import io.flowhub.ephemeral.server.redis.FakeRedis.HangUp;
import io.flowhub.ephemeral.server.redis.FakeRedis.Nothing;
import io.flowhub.ephemeral.server.redis.FakeRedis.Send;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.Redisson;
import org.redisson.api.RScript;
import org.redisson.api.RScriptAsync;
import org.redisson.api.RedissonClient;
import org.redisson.client.DefaultNettyHook;
import org.redisson.client.NettyHook;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.ReadMode;
import org.redisson.config.TransportMode;

/**
 * The behaviour of Redisson that this package relies on. If one of these fails after an upgrade, {@link Connector} or {@link
 * BatchSender} has to change too.
 */
@Tag("pins")
class RedissonFactsTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration TIMEOUT = Duration.ofMillis(60);
    private static final Send NO_SCRIPT = new Send("-NOSCRIPT No matching script. Please use EVAL.\r\n");
    /** As many values as the probe script returns. */
    private static final Send ONE = new Send("*3\r\n:1\r\n:1\r\n:1\r\n");

    private final EventLoopGroup loop = Connector.newLoop();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable it : opened) {
            it.close();
        }
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
    }

    // Pipelining

    @Test
    void below10ConnectionsCommandsDoNotWaitForEachOther() throws Exception {
        FakeRedis redis = redis(call -> new Nothing());
        RedissonClient client = client(config(redis, 2));

        var unused = evalSha20(client);

        Eventually.within(SOON, "20 commands arrive", () -> redis.arrivals().size() == 20);
        assertThat(redis.connections()).isLessThan(10);
    }

    @Test
    void from10ConnectionsOnEachWaitsForItsReply() throws Exception {
        FakeRedis redis = redis(call -> new Nothing());
        RedissonClient client = client(config(redis, 10));

        var unused = evalSha20(client);

        Eventually.within(SOON, "10 commands arrive", () -> redis.arrivals().size() == 10);
        TimeUnit.MILLISECONDS.sleep(200);
        assertThat(redis.arrivals())
                .extracting(Arrival::connection)
                .as("none was sent behind another")
                .hasSize(10)
                .doesNotHaveDuplicates();
    }

    // Flushing

    @Test
    void commandsOfOneTurnShareAFlushUnlikeByDefault() throws Exception {
        assertThat(flushesOf20Commands(new ConnectionHook(() -> {}, null, null)))
                .isLessThanOrEqualTo(2);
        assertThat(flushesOf20Commands(new DefaultNettyHook())).isGreaterThanOrEqualTo(20);
    }

    @Test
    void flushesAreConsolidatedNextToTheSocket() throws Exception {
        FakeRedis redis = redis(call -> ONE);
        Queue<Channel> channels = new ConcurrentLinkedQueue<>();
        Config config = config(redis, 2);
        config.setNettyHook(new Hooks(new ConnectionHook(() -> {}, null, null), channels::add));
        client(config);

        assertThat(channels).hasSizeGreaterThanOrEqualTo(2);
        assertThat(channels)
                .allMatch(channel -> channel.pipeline().first() instanceof FlushConsolidationHandler
                        && channel.getClass()
                                == (Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class));
    }

    /** Counts what reaches the socket: the counter is the first handler of the pipeline. */
    private int flushesOf20Commands(NettyHook hook) throws Exception {
        FakeRedis redis = redis(call -> ONE);
        AtomicInteger flushes = new AtomicInteger();
        Config config = config(redis, 2);
        config.setNettyHook(new Hooks(
                hook,
                channel -> channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                    @Override
                    public void flush(ChannelHandlerContext context) throws Exception {
                        flushes.incrementAndGet();
                        super.flush(context);
                    }
                })));
        RedissonClient client = client(config);
        evalSha(client, "warm-up").get(5, TimeUnit.SECONDS);

        int before = flushes.get();
        CompletableFuture.completedFuture(client)
                .thenComposeAsync(RedissonFactsTest::evalSha20, loop)
                .get(10, TimeUnit.SECONDS);
        return flushes.get() - before;
    }

    // No retries

    @Test
    void byDefaultRedissonRetriesAScriptAfterATimeout() throws Exception {
        FakeRedis redis = redis(call -> new Nothing());
        RedissonClient client = client(redissonDefaults(redis));

        var unused = evalSha(client, "sha");

        Eventually.within(SOON, "5 commands arrive", () -> redis.arrivals().size() == 5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void scriptThatTimesOutIsSentOnce(boolean bySlot) throws Exception {
        FakeRedis redis = redis(call -> new Nothing());
        BatchSender sender = sender(client(redissonDefaults(redis)), bySlot);

        // The first has seen several timeouts when the last one fails.
        sendUntilArrived(redis, sender, bySlot ? 12 : 6);

        assertEachArrivedOnce(redis);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void scriptWhoseConnectionDropsIsSentOnce(boolean bySlot) throws Exception {
        FakeRedis redis = redis(call -> new HangUp());
        BatchSender sender = sender(client(redissonDefaults(redis)), bySlot);

        assertUnavailable(send(sender, "k0", "j0"));
        Eventually.within(SOON, "it has reconnected, and any retry was sent", () -> redis.connections() > 3);
        assertUnavailable(send(sender, "k1", "j1"));

        assertEachArrivedOnce(redis);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LOADING Redis is loading the dataset in memory",
                "READONLY You can't write against a read only replica.",
                "CLUSTERDOWN The cluster is down",
                "MASTERDOWN Link with MASTER is down",
                "BUSY Redis is busy running a script.",
            })
    void scriptWithATransientErrorIsSentOnce(String error) throws Exception {
        for (boolean bySlot : List.of(false, true)) {
            FakeRedis redis = redis(call -> new Send("-" + error + "\r\n"));
            BatchSender sender = sender(client(redissonDefaults(redis)), bySlot);

            sendUntilArrived(redis, sender, bySlot ? 6 : 3);

            assertEachArrivedOnce(redis);
        }
    }

    @Test
    void callsWhoseKeysAreOnTwoMastersAreSentOneByOne() throws Exception {
        FakeRedis redis = redis(
                call -> call.keysAndArgs().contains("k") && call.keysAndArgs().contains("j")
                        ? new Send("-TRYAGAIN Multiple keys request during rehashing of slot\r\n")
                        : ONE);
        BatchSender sender = sender(client(redissonDefaults(redis)), false);

        for (PendingCall<Long> call : send(sender, "k", "j")) {
            assertThat(call.future().get(1, TimeUnit.SECONDS)).isEqualTo(1);
        }
        assertThat(redis.arrivals()).hasSize(3);
    }

    // NOSCRIPT

    @Test
    void unknownScriptIsSentWithItsSourceNext() throws Exception {
        for (boolean bySlot : List.of(false, true)) {
            FakeRedis redis = redis(call -> call.command().equals("EVAL") ? ONE : NO_SCRIPT);
            BatchSender sender = sender(client(config(redis, 2)), bySlot);

            assertThat(send(sender, "k", "j"))
                    .allSatisfy(call -> assertThat(call.future()).isDone());

            assertThat(redis.arrivals())
                    .extracting(Arrival::command)
                    .filteredOn("EVAL"::equals)
                    .hasSize(redis.arrivals().size() / 2)
                    .hasSize(bySlot ? 2 : 1);
        }
    }

    // Settings

    @Test
    void redissonUsesTheConfiguredSettings() throws Exception {
        RedisSettings settings = TestRedisClient.settings(
                "redis.topology: cluster", "redis.url: redis://127.0.0.1:1", "redis.connections: 3");
        Config config = Connector.config(settings, settings.endpoint());
        ClusterServersConfig servers = config.useClusterServers();

        assertThat(config.getCodec()).isSameAs(StringCodec.INSTANCE);
        assertThat(config.getTransportMode()).isEqualTo(Epoll.isAvailable() ? TransportMode.EPOLL : TransportMode.NIO);
        assertThat(servers.getReadMode()).isEqualTo(ReadMode.MASTER);
        assertThat(servers.getMasterConnectionPoolSize()).isEqualTo(3);
        assertThat(servers.getRetryAttempts()).isZero();
    }

    @Test
    void nativeTransportIsAvailableOnLinux() {
        assertThat(Epoll.isAvailable()).isEqualTo(System.getProperty("os.name").equals("Linux"));
    }

    // Helpers

    private FakeRedis redis(Function<Arrival, Answer> answers) throws Exception {
        FakeRedis redis = new FakeRedis(answers);
        opened.add(redis);
        return redis;
    }

    private RedissonClient client(Config config) {
        RedissonClient client = Redisson.create(config.setEventLoopGroup(loop));
        opened.add(0, () -> client.shutdown(0, 100, TimeUnit.MILLISECONDS));
        return client;
    }

    /** The configuration of Connector, with any number of connections. */
    private static Config config(FakeRedis redis, int connections) throws Exception {
        RedisSettings ours = TestRedisClient.settings("redis.url: " + redis.url());
        return Connector.config(
                new RedisSettings(
                        ours.endpoint(),
                        ours.prefix(),
                        SOON,
                        ours.connectTimeout(),
                        connections,
                        ours.maxQueuedCalls(),
                        ours.maxCallsPerScript(),
                        ours.maxScriptsInFlight()),
                ours.endpoint());
    }

    /** The default retries of Redisson, with shorter delays. A Redisson file may configure the same. */
    private static Config redissonDefaults(FakeRedis redis) {
        Config config = new Config();
        config.setTransportMode(Epoll.isAvailable() ? TransportMode.EPOLL : TransportMode.NIO);
        config.useSingleServer()
                .setAddress(redis.url())
                .setConnectionMinimumIdleSize(2)
                .setConnectionPoolSize(2)
                .setTimeout((int) TIMEOUT.toMillis())
                .setReconnectionDelay(new ConstantDelay(Duration.ofMillis(20)))
                .setRetryDelay(new ConstantDelay(Duration.ofMillis(20)));
        return config;
    }

    /** @param bySlot as on a Cluster: one script call per slot */
    private BatchSender sender(RedissonClient client, boolean bySlot) {
        return new BatchSender(
                client,
                bySlot,
                Namespace.PLAIN,
                loop,
                Ticker.systemTicker(),
                TIMEOUT,
                new Traffic(),
                new ScriptMetrics());
    }

    /** Two calls of different slots: one script call, or two by slot. */
    private List<PendingCall<Long>> send(BatchSender sender, String key, String other) throws Exception {
        List<PendingCall<Long>> calls = new ArrayList<>();
        for (String each : List.of(key, other)) {
            Operation<Long> operation =
                    new Operation<>(Probe.SCRIPT, List.of(each), List.of("1", ""), reply -> reply.number(0));
            calls.add(new PendingCall<>(operation, () -> false));
        }
        sender.send(Probe.SCRIPT, List.copyOf(calls), Duration.ZERO, new RoundTrip(Ticker.systemTicker()))
                .toCompletableFuture()
                .get(5, TimeUnit.SECONDS);
        return calls;
    }

    private static void assertUnavailable(List<PendingCall<Long>> calls) {
        assertThat(calls)
                .allSatisfy(call -> assertThatThrownBy(() -> call.future().get(1, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(RedisUnavailableException.class));
    }

    /** On a busy machine a call may fail before it is sent, so more calls than these may be made. */
    private void sendUntilArrived(FakeRedis redis, BatchSender sender, int calls) throws Exception {
        for (int i = 0; redis.arrivals().size() < calls; i++) {
            assertThat(i).as("batches for %d calls", calls).isLessThan(100);
            assertUnavailable(send(sender, "k" + i, "j" + i));
        }
    }

    private static void assertEachArrivedOnce(FakeRedis redis) {
        assertThat(redis.arrivals())
                .extracting(call -> call.keysAndArgs().get(0))
                .doesNotHaveDuplicates();
    }

    private static CompletableFuture<List<Object>> evalSha(RedissonClient client, String sha) {
        RScriptAsync scripts = client.getScript(StringCodec.INSTANCE);
        return scripts.<List<Object>>evalShaAsync(
                        "k", RScript.Mode.READ_WRITE, sha, RScript.ReturnType.LIST, List.of("k"))
                .toCompletableFuture();
    }

    /** Sends 20 commands in one turn. */
    private static CompletableFuture<Void> evalSha20(RedissonClient client) {
        return CompletableFuture.allOf(
                IntStream.range(0, 20).mapToObj(i -> evalSha(client, "sha" + i)).toArray(CompletableFuture[]::new));
    }

    /** A hook, and an action on each channel after it. */
    private record Hooks(NettyHook first, Consumer<Channel> then) implements NettyHook {
        @Override
        public void afterBoostrapInitialization(@Nullable Bootstrap bootstrap) {
            first.afterBoostrapInitialization(bootstrap);
        }

        @Override
        public void afterChannelInitialization(Channel channel) {
            first.afterChannelInitialization(channel);
            then.accept(channel);
        }
    }
}
