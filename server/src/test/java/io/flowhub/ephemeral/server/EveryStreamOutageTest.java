package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/** Streams of every kind stay open when Redis or the subscription is lost, and report what may be missing. */
@Tag("fault")
class EveryStreamOutageTest {

    private static final List<String> CHANNELS =
            List.of("ephemeral:presence", "ephemeral:typing", "ephemeral:broadcast");

    private final String topic = UniqueIds.next();
    private final String quiet = UniqueIds.next();

    @AutoClose
    private final TestServer server = TestServer.withRedis("presence.ttl: 2s");

    private final RedisProcess redis = server.redis();

    /** A stream of each kind, which end with the server. */
    private Map<StreamKind, TopicReader> open(Function<StreamKind, TopicReader> open) {
        return Stream.of(StreamKind.values()).collect(Collectors.toMap(kind -> kind, open));
    }

    private TopicReader openOnTopics(StreamKind kind) {
        return TopicReader.open(kind, server.channel(), topic, quiet);
    }

    @ParameterizedTest
    @EnumSource
    void outageIsStaleOnceThenResyncedOnceAlsoForAStreamOpenedDuringIt(Outage outage) {
        String another = UniqueIds.next();
        Map<StreamKind, TopicReader> streams = open(this::openOnTopics);
        streams.forEach((kind, stream) -> {
            kind.change(server.channel(), topic, 1);
            stream.await(topic, kind.changed(1));
        });
        outage.begin(redis);
        streams.values().forEach(stream -> stream.awaitMarker("stale"));
        Map<StreamKind, TopicReader> openedDuringIt =
                open(kind -> new TopicReader(kind, server.channel(), false).add(another));
        openedDuringIt.values().forEach(stream -> stream.awaitMarker("stale"));
        assertThat(Stream.concat(streams.values().stream(), openedDuringIt.values().stream()))
                .allSatisfy(stream -> assertThat(stream.described()).endsWith("stale"));
        outage.end(redis);
        streams.forEach((kind, stream) -> {
            stream.awaitMarker("resynced");
            TopicReader late = Objects.requireNonNull(openedDuringIt.get(kind)).await(another, kind.first(0));
            late.awaitMarker("resynced");
            kind.change(server.channel(), quiet, 1);
            kind.change(server.channel(), another, 1);
            stream.await(quiet, kind.changed(1));
            late.await(another, kind.changed(1));

            assertThat(stream.markers())
                    .as("markers of %s", kind)
                    .filteredOn(marker -> !marker.equals("gap"))
                    .containsExactly("stale", "resynced");
            assertThat(stream.of(quiet))
                    .as("the quiet topic of %s", kind)
                    .containsExactly(kind.first(0), kind.changed(1));
            if (outage == Outage.KILL) {
                List<String> lost = kind.hasState() ? List.of(kind.changed(2)) : List.of();
                assertThat(stream.of(topic))
                        .startsWith(kind.first(0), kind.changed(1))
                        .endsWith(lost.toArray(String[]::new))
                        .hasSize(2 + lost.size());
            }
            assertThat(late.described())
                    .as("a %s stream opened during the outage", kind)
                    .isEqualTo(
                            kind.hasState()
                                    ? List.of("stale", kind.first(0), "resynced", kind.changed(1))
                                    : List.of("stale", "resynced", kind.first(0), kind.changed(1)));
        });
    }

    @Test
    void changeDuringALostSubscriptionArrivesOrIsAGap() {
        Map<StreamKind, TopicReader> streams = open(this::openOnTopics);
        try (Jedis jedis = redis.jedis()) {
            for (int round = 1; round <= 3; round++) {
                int number = round;
                Eventually.soon(
                        "the channels are subscribed",
                        () -> !jedis.pubsubNumSub(CHANNELS.toArray(String[]::new))
                                .containsValue(0L));
                int gaps = Objects.requireNonNull(streams.get(StreamKind.BROADCAST))
                        .markers()
                        .size();
                redis.killSubscriptions();
                streams.forEach((kind, stream) -> {
                    kind.change(server.channel(), topic, number);
                    if (kind.hasState()) {
                        stream.await(topic, kind.changed(number));
                    } else {
                        Eventually.soon("a gap", () -> stream.markers().size() > gaps);
                    }
                    String next = UniqueIds.next();
                    stream.add(next).await(next, kind.first(0)); // from here on, changes arrive
                    kind.change(server.channel(), next, 1);
                    stream.await(next, kind.changed(1));
                });
            }
        }
        streams.forEach((kind, stream) -> assertThat(stream.markers())
                .as("markers of %s", kind)
                .containsOnly(kind.hasState() ? new String[0] : new String[] {"gap"})
                .hasSizeLessThanOrEqualTo(6));
    }
}
