package io.flowhub.ephemeral.server.faults;

import static io.flowhub.ephemeral.server.faults.Fault.Part.NETWORK;
import static io.flowhub.ephemeral.server.faults.Fault.Part.REDIS;
import static io.flowhub.ephemeral.server.faults.Fault.Part.SERVER;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.FakeClock;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.SetParams;

/** What can happen to the servers, to Redis, and between them. Each one is real: nothing is simulated inside a server. */
enum Fault {
    SLOW_NETWORK(
            NETWORK, "what a server and Redis send arrives 100 ms later", proxies(proxy -> proxy.delay(millis(100)))),
    TOO_SLOW_NETWORK(
            NETWORK,
            "what they send arrives 300 ms later, replies after the timeout",
            proxies(proxy -> proxy.delay(millis(300)))),
    CONNECTIONS_CLOSED(NETWORK, "all connections to Redis are closed", proxies(RedisProxy::cutAll)),
    CUT_BEFORE_REQUEST(
            NETWORK, "one request in 10 is lost with its connection", proxies(proxy -> proxy.cutBeforeRequest(10))),
    CUT_BEFORE_REPLY(
            NETWORK,
            "one reply in 10 is lost with its connection, after Redis ran the request",
            proxies(proxy -> proxy.cutBeforeReply(10))),
    OPEN_CONNECTIONS_LOST(
            NETWORK,
            "all that is sent on the open connections is lost, new ones work",
            proxies(RedisProxy::swallowOpenConnections)),
    HALF_OPEN(NETWORK, "connections are accepted, and all that is sent is lost", proxies(RedisProxy::swallowAll)),
    BYTES_HELD(NETWORK, "all that is sent arrives when the fault ends", proxies(RedisProxy::hold)),

    SERVER_KILLED(SERVER, "kill -9 of a server, which is started again when the fault ends", (environment, server) -> {
        environment.replica(server).kill();
        return environment.replica(server)::restart;
    }),
    SERVER_PAUSED(
            SERVER,
            "SIGSTOP of a server for 150 ms, twice a second",
            (environment, server) -> repeated(() -> {
                environment.replica(server).process().freeze();
                sleep(150);
                environment.replica(server).process().thaw();
                sleep(350);
            })),
    SERVER_FROZEN(SERVER, "SIGSTOP of a server", (environment, server) -> {
        environment.replica(server).process().freeze();
        return environment.replica(server).process()::thaw;
    }),
    SERVER_CLOCK_AHEAD(
            SERVER,
            "the clock of a server is an hour ahead",
            (environment, server) -> step(environment.replica(server).clock(), Duration.ofHours(1))),
    SERVER_CLOCK_BEHIND(
            SERVER,
            "the clock of a server is an hour behind",
            (environment, server) -> step(environment.replica(server).clock(), Duration.ofHours(-1))),

    REDIS_KILLED(
            REDIS, "kill -9 of Redis, which is started again with its data when the fault ends", redis(environment -> {
                environment.redis().kill();
                return () -> {
                    environment.redis().resume();
                    environment.redis().awaitReplies();
                    environment.reconnectAdmin();
                };
            })),
    REDIS_EMPTIED(REDIS, "kill -9 of Redis, which is started again without its data", redis(environment -> {
        environment.redis().kill();
        return () -> {
            environment.redis().restart();
            environment.reconnectAdmin();
        };
    })),
    REDIS_PAUSED(
            REDIS,
            "SIGSTOP of Redis for 150 ms, twice a second",
            redis(environment -> repeated(() -> {
                environment.redis().freeze();
                sleep(150);
                environment.redis().thaw();
                sleep(350);
            }))),
    REDIS_FROZEN(REDIS, "SIGSTOP of Redis", redis(environment -> {
        environment.redis().freeze();
        return environment.redis()::thaw;
    })),
    REDIS_CLOCK_AHEAD(
            REDIS,
            "the clock of Redis is an hour ahead; when the fault ends, Redis is emptied, as what is stored would live for an"
                    + " hour longer",
            redis(environment -> stepRedisAndEmptyIt(environment, Duration.ofHours(1)))),
    REDIS_CLOCK_BEHIND(
            REDIS,
            "the clock of Redis is an hour behind; when the fault ends, Redis is emptied, as what is stored would expire",
            redis(environment -> stepRedisAndEmptyIt(environment, Duration.ofHours(-1)))),
    REDIS_FULL(REDIS, "maxmemory is reached", configured("maxmemory", "1", "0")),
    REDIS_READ_ONLY(REDIS, "READONLY: Redis is the replica of nothing", redis(environment -> {
        environment.admin().replicaof("127.0.0.1", 1);
        return environment.admin()::replicaofNoOne;
    })),
    REDIS_LOADING(REDIS, "LOADING: Redis starts again and loads slowly", redis(environment -> {
        fill(environment.admin(), 10_000);
        environment.redis().kill();
        environment.redis().resume("--key-load-delay", "500"); // microseconds
        return () -> {
            environment.reconnectAdmin();
            environment.admin().configSet("key-load-delay", "0");
            environment.redis().awaitReplies();
        };
    })),
    REDIS_BUSY(REDIS, "BUSY: the script of another client does not end", redis(environment -> {
        environment.admin().configSet("lua-time-limit", "100");
        Thread endless = script(environment.redis(), "while true do end");
        return () -> {
            environment.admin().scriptKill();
            join(endless);
            environment.admin().configSet("lua-time-limit", "5000");
        };
    })),
    REDIS_CANNOT_SAVE(REDIS, "MISCONF: Redis fails to save to disk", redis(environment -> {
        Path file = environment.redis().folder().resolve("dump.rdb");
        Unchecked.call(() -> Files.createDirectory(file));
        environment.admin().configSet("save", "3600 1");
        environment.admin().bgsave();
        return () -> {
            environment.admin().configSet("save", "");
            Unchecked.call(() -> Files.deleteIfExists(file));
        };
    })),
    REDIS_PASSWORD_CHANGED(
            REDIS, "NOAUTH: Redis asks for a password that the servers do not have", redis(environment -> {
                environment.admin().configSet("requirepass", "changed");
                for (ClientType type : List.of(ClientType.NORMAL, ClientType.PUBSUB)) {
                    environment
                            .admin()
                            .clientKill(ClientKillParams.clientKillParams()
                                    .type(type)
                                    .skipMe(ClientKillParams.SkipMe.YES));
                }
                return () -> environment.admin().configSet("requirepass", "");
            })),
    REDIS_SLOW(
            REDIS,
            "another client runs scripts of 400 ms, one a second",
            redis(environment -> repeated(() -> {
                join(script(environment.redis(), "local begin = os.clock() while os.clock() - begin < 0.4 do end"));
                sleep(600);
            })));

    /** What a fault acts on. Two faults at a time act on different parts. */
    enum Part {
        NETWORK,
        SERVER,
        REDIS
    }

    final Part part;
    final String description;

    @SuppressWarnings("ImmutableEnumChecker") // the lambdas above capture no state
    private final BiFunction<FaultEnvironment, Integer, Runnable> begin;

    Fault(Part part, String description, BiFunction<FaultEnvironment, Integer, Runnable> begin) {
        this.part = part;
        this.description = description;
        this.begin = begin;
    }

    /** Begins it. Faults of Redis hit both servers. Returns what ends it. */
    Runnable inject(FaultEnvironment environment, int server) {
        return begin.apply(environment, server);
    }

    boolean needsClocks() {
        return name().contains("CLOCK");
    }

    /** Whether Redis loses what it stored, so that the promises that depend on it do not hold. */
    boolean losesData() {
        return this == REDIS_EMPTIED || this == REDIS_CLOCK_AHEAD || this == REDIS_CLOCK_BEHIND;
    }

    private static BiFunction<FaultEnvironment, Integer, Runnable> proxies(Consumer<RedisProxy> disturb) {
        return (environment, server) -> {
            RedisProxy proxy = environment.proxy(server);
            disturb.accept(proxy);
            return proxy::heal;
        };
    }

    private interface OfRedis {
        Runnable begin(FaultEnvironment environment);
    }

    private static BiFunction<FaultEnvironment, Integer, Runnable> redis(OfRedis fault) {
        return (environment, server) -> fault.begin(environment);
    }

    private static BiFunction<FaultEnvironment, Integer, Runnable> configured(
            String option, String value, String healed) {
        return redis(environment -> {
            environment.admin().configSet(option, value);
            return () -> environment.admin().configSet(option, healed);
        });
    }

    private static Runnable stepRedisAndEmptyIt(FaultEnvironment environment, Duration distance) {
        Runnable correct = stepRedis(environment, distance);
        return () -> {
            correct.run();
            environment.redis().kill();
            environment.redis().restart();
            environment.reconnectAdmin();
        };
    }

    private static Runnable stepRedis(FaultEnvironment environment, Duration distance) {
        Runnable correct = step(environment.redisClock(), distance);
        awaitRedisTime(environment, distance);
        return () -> {
            correct.run();
            awaitRedisTime(environment, Duration.ZERO);
        };
    }

    /** What Redis stored is lost when its clock jumps, not when the jump is requested. */
    private static void awaitRedisTime(FaultEnvironment environment, Duration distance) {
        Eventually.soon("the clock of Redis jumps", () -> {
            long ahead = Long.parseLong(environment.admin().time().get(0)) - System.currentTimeMillis() / 1000;
            return Math.abs(ahead - distance.toSeconds()) < 60;
        });
    }

    private static Runnable step(FakeClock clock, Duration distance) {
        clock.step(distance);
        return () -> clock.step(Duration.ZERO);
    }

    /** Runs it again and again, until the returned code is run. */
    private static Runnable repeated(Runnable action) {
        AtomicBoolean ended = new AtomicBoolean();
        Thread thread = started(() -> {
            while (!ended.get()) {
                action.run();
            }
        });
        return () -> {
            ended.set(true);
            join(thread);
        };
    }

    /** Another client runs this script. */
    private static Thread script(RedisProcess redis, String lua) {
        return started(() -> {
            try (Jedis client = new Jedis("127.0.0.1", redis.port(), 600_000)) {
                client.eval(lua);
            } catch (JedisException e) {
                // The script was killed, or Redis ended.
            }
        });
    }

    private static void fill(Jedis redis, int keys) {
        Pipeline pipeline = redis.pipelined();
        for (int i = 0; i < keys; i++) {
            pipeline.set("filler:" + i, "value", SetParams.setParams().px(60_000));
        }
        pipeline.sync();
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    private static void sleep(long millis) {
        Unchecked.call(() -> {
            TimeUnit.MILLISECONDS.sleep(millis);
            return null;
        });
    }

    private static Thread started(Runnable code) {
        Thread thread = new Thread(code);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void join(Thread thread) {
        Unchecked.call(() -> {
            thread.join();
            return null;
        });
    }
}
