package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

class GetBudgetFloodTest {

    private static final int THREADS = 64;
    private static final long NANOS = TimeUnit.SECONDS.toNanos(3);

    /** One look at the memory, ten samples of a hundred keys, and the look that the server takes by itself. */
    private static final int SCRIPTS_A_SECOND = 12;

    @Test
    void manyCallersCostRedisNoMoreThanOne() throws Exception {
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
                long began = System.nanoTime();
                List<Future<Integer>> askers = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    askers.add(threads.submit(() -> askUntil(server, began + NANOS)));
                }
                int answers = 0;
                for (Future<Integer> asker : askers) {
                    answers += asker.get(30, TimeUnit.SECONDS);
                }
                long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;
                long calls = scriptCalls(redis) - callsBefore;

                System.out.println(answers + " answers cost Redis " + calls + " script calls");
                assertThat(answers).isGreaterThan(2 * THREADS);
                assertThat(calls).isBetween(11L, (seconds + 1) * SCRIPTS_A_SECOND);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static long scriptCalls(Jedis redis) {
        return Stats.calls(redis, "evalsha") + Stats.calls(redis, "eval");
    }

    private static int askUntil(TestServer server, long end) {
        int answers = 0;
        while (System.nanoTime() < end) {
            assertThat(SampleKeys.budget(server).getKeys()).isEqualTo(5_000);
            answers++;
        }
        return answers;
    }
}
