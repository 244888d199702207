package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.v1.OtpServiceGrpc.OtpServiceBlockingStub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import redis.clients.jedis.UnifiedJedis;

/** A suite over two servers in processes of their own, on one Redis or on a Cluster. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnTwoServers {

    Backend backend;
    UnifiedJedis redis;
    OtpServiceBlockingStub first;
    OtpServiceBlockingStub second;
    String user;

    private ServerProcess firstServer;
    private ServerProcess secondServer;

    abstract Backend open() throws IOException;

    @BeforeAll
    void start() throws IOException {
        backend = open();
        redis = backend.client();
        firstServer = ServerProcess.start(backend.yaml() + Otp.ROOMY);
        secondServer = ServerProcess.start(backend.yaml() + Otp.ROOMY);
    }

    @AfterAll
    void stop() {
        firstServer.close();
        secondServer.close();
        backend.close();
    }

    @BeforeEach
    void freshUser() {
        first = Otp.on(firstServer.channel()); // with a deadline of its own
        second = Otp.on(secondServer.channel());
        user = Fresh.id();
    }

    /** One of the two servers, in turn. */
    OtpServiceBlockingStub server(int i) {
        return i % 2 == 0 ? first : second;
    }

    int failuresOfTheHour() {
        return Integer.parseInt(redis.hget(Otp.guard(user), "hour"));
    }

    int failuresOfTheDay() {
        return Integer.parseInt(redis.hget(Otp.guard(user), "day"));
    }

    /** Lets the hour of failures end. */
    void hourPasses() {
        redis.hincrBy(Otp.guard(user), "hour_at", -3_600_001);
    }

    /** Makes all calls at once, as far as that goes, and returns what they returned. */
    static <T> List<T> race(int threads, IntFunction<Callable<T>> call) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CyclicBarrier start = new CyclicBarrier(threads);
        try {
            List<Future<T>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Callable<T> one = call.apply(i);
                running.add(pool.submit(() -> {
                    start.await(20, TimeUnit.SECONDS);
                    return one.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> result : running) {
                results.add(result.get(60, TimeUnit.SECONDS));
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
