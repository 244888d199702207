package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.CommandStats;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

@Tag("contract")
class GetBudgetFloodTest {

    private static final int THREADS = 64;
    private static final long DURATION_NANOS = TimeUnit.SECONDS.toNanos(3);

    /** One read of the memory, ten samples of a hundred keys, and one poll of the server. */
    private static final int SCRIPTS_PER_SECOND = 12;

    @Test
    void manyCallersCostRedisAsMuchAsOne() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                Jedis redis = process.jedis();
                TestServer server = TestServer.on(process.url())) {
            Pipeline pipeline = redis.pipelined();
            for (int i = 0; i < 5_000; i++) {
                SampleKeys.rate(pipeline, i);
            }
            pipeline.sync();
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                long callsBefore = scriptCalls(redis);
                long start = System.nanoTime();
                List<Future<Integer>> callers = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    callers.add(threads.submit(() -> callUntil(server, start + DURATION_NANOS)));
                }
                int responses = 0;
                for (Future<Integer> caller : callers) {
                    responses += caller.get(30, TimeUnit.SECONDS);
                }
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + 1;
                long calls = scriptCalls(redis) - callsBefore;

                System.out.println(responses + " responses cost Redis " + calls + " script calls");
                assertThat(responses).isGreaterThan(2 * THREADS);
                assertThat(calls).isBetween(11L, (seconds + 1) * SCRIPTS_PER_SECOND);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static long scriptCalls(Jedis redis) {
        return CommandStats.calls(redis, "evalsha") + CommandStats.calls(redis, "eval");
    }

    private static int callUntil(TestServer server, long end) {
        int responses = 0;
        while (System.nanoTime() < end) {
            assertThat(SampleKeys.budget(server).getKeys()).isEqualTo(5_000);
            responses++;
        }
        return responses;
    }
}
