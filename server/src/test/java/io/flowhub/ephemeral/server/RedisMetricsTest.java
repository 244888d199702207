package io.flowhub.ephemeral.server;

import static io.flowhub.ephemeral.server.fixture.Eventually.soon;
import static io.flowhub.ephemeral.server.fixture.RedisProcess.calls;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.Scrape;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The metrics of Redis and of streams, through calls and an outage. */
@Tag("fault")
class RedisMetricsTest {

    private static final int CHECKS = 20;

    private final int port = FreePorts.next();

    @AutoClose
    private final TestServer server = TestServer.withRedis(RpcCatalog.SETTINGS, "admin.port: " + port);

    @Test
    void scriptCallsAreThoseThatRedisCounts() {
        check();
        try (Jedis redis = server.redis().jedis()) {
            soon("each script call is counted", () -> {
                Scrape scrape = Scrape.of(port);
                return scrape.value("ephemeral_redis_batches_total") == calls(redis, "evalsha")
                        && scrape.value("ephemeral_redis_scripts_in_flight") == 0;
            });
        }
        Scrape scrape = Scrape.of(port);
        assertThat(scrape.value("ephemeral_redis_script_loads_total")).isPositive();
        double batches = scrape.value("ephemeral_redis_batches_total");
        assertThat(scrape.value("ephemeral_redis_script_duration_seconds_count"))
                .isBetween(CHECKS + 0.0, batches);
        assertThat(scrape.value("ephemeral_redis_script_calls_total")).isGreaterThanOrEqualTo(batches);
        assertThat(scrape.value("ephemeral_redis_commands_total")).isGreaterThan(batches);
        assertThat(scrape.values()).containsEntry("ephemeral_redis_queued_calls", 0.0);
        assertThat(scrape.value("ephemeral_redis_queue_max_calls")).isPositive();
        soon("the memory is read", () -> Scrape.of(port).value("ephemeral_redis_memory_used_bytes") > 0);
        soon("the kinds are estimated", () -> {
            check();
            return Scrape.of(port).value("ephemeral_redis_memory_kind_bytes{kind=\"rate\"}") > 0;
        });
        assertThat(Scrape.of(port).value("ephemeral_redis_memory_max_bytes")).isEqualTo(30 << 20);
    }

    @Test
    void outageIsCountedByItsCauseAndStreamsByWhatTheyReceive() {
        try (TopicReader rooms = new TopicReader(StreamKind.TYPING, server.channel(), false);
                TopicReader messages = new TopicReader(StreamKind.BROADCAST, server.channel(), false)) {
            rooms.add("a", "b");
            messages.add("a");
            soon("they are watched", () -> watched(StreamKind.TYPING) == 2 && watched(StreamKind.BROADCAST) == 1);
            assertThat(Scrape.of(port).value("ephemeral_redis_available")).isEqualTo(1);
            assertThat(Scrape.of(port).text()).doesNotContain("ephemeral_redis_outages_total{");

            server.redis().kill();
            soon("it is unavailable", () -> Scrape.of(port).value("ephemeral_redis_available") == 0);
            Scrape outage = Scrape.of(port);
            assertThat(outage.value("ephemeral_redis_reconnects_total")).isPositive();
            assertThat(outage.values().entrySet())
                    .filteredOn(entry -> entry.getKey().startsWith("ephemeral_redis_outages_total{"))
                    .singleElement()
                    .satisfies(entry -> {
                        assertThat(entry.getKey())
                                .matches(".*cause=\"(connection refused|connection closed|timeout)\"}");
                        assertThat(entry.getValue()).isEqualTo(1);
                    });

            server.redis().restart();
            for (StreamKind kind : new StreamKind[] {StreamKind.TYPING, StreamKind.BROADCAST}) {
                soon("it is resynced", () -> events(kind, "resynced") == 1);
                assertThat(events(kind, "stale")).isEqualTo(1);
                assertThat(events(kind, "sent")).isGreaterThanOrEqualTo(3);
            }
            assertThat(Scrape.of(port).value("ephemeral_redis_script_loads_total"))
                    .isPositive();
        }
        soon("nothing is watched", () -> watched(StreamKind.TYPING) == 0 && watched(StreamKind.BROADCAST) == 0);
    }

    private void check() {
        for (int i = 0; i < CHECKS; i++) {
            var unused = server.rateLimits()
                    .checkRate(CheckRateRequest.newBuilder()
                            .setUserId("u" + i)
                            .setAction("a")
                            .build());
        }
    }

    private double watched(StreamKind kind) {
        return Scrape.of(port).value("ephemeral_watched_ids{feature=\"" + feature(kind) + "\"}");
    }

    private double events(StreamKind kind, String event) {
        return Scrape.of(port)
                .value("ephemeral_stream_events_total{event=\"" + event + "\",feature=\"" + feature(kind) + "\"}");
    }

    private static String feature(StreamKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
