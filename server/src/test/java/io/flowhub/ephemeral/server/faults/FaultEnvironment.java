package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.FakeClock;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import redis.clients.jedis.Jedis;

/**
 * Two servers on one Redis, each behind a proxy of its own, as processes on loopback. Redis keeps its data when it is killed,
 * so that no fault explains a broken promise by lost data.
 */
final class FaultEnvironment implements AutoCloseable {

    private static final int SERVERS = 2;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final RedisProcess redis;
    private final Optional<FakeClock> redisClock;
    private final List<RedisProxy> proxies = new ArrayList<>();
    private final List<Replica> replicas = new ArrayList<>();
    private Jedis admin;

    /** @param settings of both servers, as lines of YAML */
    static FaultEnvironment start(String settings) {
        return new FaultEnvironment(settings, false);
    }

    /** One in which the clocks of the servers and of Redis can be set. Needs libfaketime. */
    static FaultEnvironment startWithClocks(String settings) {
        return new FaultEnvironment(settings, true);
    }

    private FaultEnvironment(String settings, boolean clocks) {
        try {
            redisClock = clocks ? Optional.of(new FakeClock()) : Optional.empty();
            redis = opened(
                    RedisProcess.durable(redisClock.map(FakeClock::environment).orElse(Map.of())));
            admin = redis.jedis();
            for (int i = 0; i < SERVERS; i++) {
                RedisProxy proxy = opened(Unchecked.call(() -> new RedisProxy(redis)));
                proxies.add(proxy);
                Optional<FakeClock> clock = clocks ? Optional.of(new FakeClock()) : Optional.empty();
                replicas.add(opened(new Replica("redis.url: " + proxy.url() + "\n" + settings, clock)));
            }
            awaitService(Duration.ofSeconds(30));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    /** The addresses of the servers. They stay the same. */
    List<String> targets() {
        return replicas.stream().map(Replica::target).toList();
    }

    RedisProcess redis() {
        return redis;
    }

    FakeClock redisClock() {
        return redisClock.orElseThrow();
    }

    RedisProxy proxy(int server) {
        return proxies.get(server);
    }

    Replica replica(int server) {
        return replicas.get(server);
    }

    /** A connection to Redis that stays open, and authenticated, whatever a fault does to others. */
    Jedis admin() {
        return admin;
    }

    /** To be called after Redis was started again. */
    void reconnectAdmin() {
        admin.close();
        admin = redis.jedis();
    }

    /** Waits until both servers are ready. Returns how long that took. */
    Duration awaitService(Duration limit) {
        return Eventually.within(
                limit, "both servers are ready", () -> replicas.stream().allMatch(Replica::isReady));
    }

    @Override
    public void close() {
        if (admin != null) {
            admin.close();
        }
        open.forEach(resource -> Unchecked.call(() -> {
            resource.close();
            return null;
        }));
    }
}
