package io.flowhub.ephemeral.server.fanout;

import static io.flowhub.ephemeral.server.fanout.BoundedOutbox.MAX_EVENTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A slow reader loses the oldest messages, and a gap event counts them per topic. */
@Tag("unit")
class BoundedOutboxTest {

    private final BoundedCount account = new BoundedCount(1 << 30);
    private final BoundedOutbox<Room, String> outbox =
            new BoundedOutbox<>(new RoomEvents(), event -> !event.startsWith("excluded"), null);
    private final Room a = new Room("a");
    private final Room b = new Room("b");
    private final Room c = new Room("c");

    @BeforeEach
    void subscribe() {
        outbox.onFreshness(Freshness.LIVE);
        outbox.add(List.of(a, b, c));
        assertThat(outbox.isReadyForRequest()).isFalse();
        assertThat(pollAll()).containsExactly("ack of 3");
        assertThat(outbox.isReadyForRequest()).isTrue();
    }

    @Test
    void evictedMessagesAreCountedWhereTheyAreMissing() {
        add(a, 0);
        assertThat(outbox.poll()).isEqualTo("a 0");
        add(a, 1, MAX_EVENTS + 7);
        assertThat(pollAll()).startsWith("a lost 7", "a 8").hasSize(1 + MAX_EVENTS);
    }

    @Test
    void evictedMessagesAndGapsAreCountedInTheMetric() {
        PrometheusRegistry registry = new PrometheusRegistry();
        outbox.countIn(new FanoutMetrics(registry).of("broadcast", () -> 0));
        add(a, 0, MAX_EVENTS + 7);
        var unused = pollAll();
        assertThat(registry.scrape().stream()
                        .flatMap(metric -> metric.getDataPoints().stream())
                        .filter(CounterDataPointSnapshot.class::isInstance)
                        .map(CounterDataPointSnapshot.class::cast)
                        .filter(point -> point.getValue() > 0)
                        .map(point -> point.getLabels().get("event") + " " + point.getValue()))
                .containsExactlyInAnyOrder("dropped 7.0", "gap 1.0");
    }

    @Test
    void eachTopicGetsItsOwnGapBeforeItsNextMessage() {
        add(a, 1);
        add(b, 1);
        add(a, 2);
        for (int i = 0; i < MAX_EVENTS - 1; i++) {
            add(i == 3 ? a : c, i);
        }
        add(b, 2);

        assertThat(pollAll()).startsWith("c 0", "c 1", "c 2", "a lost 2", "a 3").endsWith("b lost 1", "b 2");
    }

    @Test
    void gapOfATopicWithoutFurtherMessagesIsSentLast() {
        add(a, 1);
        add(b, 0, MAX_EVENTS);
        assertThat(pollAll()).endsWith("a lost 1");
    }

    @Test
    void messagesLostAfterAGapAreCountedInTheNextGap() {
        add(a, 0, MAX_EVENTS + 3);
        assertThat(outbox.poll()).isEqualTo("a lost 3");
        add(a, MAX_EVENTS + 3, 2);
        assertThat(outbox.poll()).isEqualTo("a lost 2");
        assertThat(outbox.poll()).isEqualTo("a 5");
    }

    @Test
    void bytesAreBoundedToo() {
        addLarge(a, 20);
        assertThat(pollAll()).startsWith("a lost 4").hasSize(1 + 16);
    }

    @Test
    void messagesAndLostCountOfARemovedTopicAreDiscarded() {
        add(a, 0);
        IntStream.range(0, MAX_EVENTS).forEach(i -> add(i % 2 == 0 ? a : b, i));
        outbox.remove(List.of(a));
        add(a, 1);
        assertThat(pollAll()).hasSize(MAX_EVENTS / 2).allMatch(event -> event.startsWith("b "));
        addLarge(c, 16); // the bytes of the discarded messages are free again
        assertThat(pollAll()).hasSize(16);
    }

    @Test
    void acksAndMarkersAreSentAfterAnEviction() {
        outbox.add(List.of(a));
        add(a, 0);
        outbox.onFreshness(Freshness.DOWN);
        outbox.onFreshness(Freshness.LIVE);
        add(a, 1);
        outbox.onFreshness(Freshness.PROBING);
        add(a, 2, MAX_EVENTS);

        assertThat(outbox.isReadyForRequest()).isFalse();
        assertThat(pollAll()).startsWith("ack of 1", "resynced", "a lost 2", "a 2");
        assertThat(outbox.isReadyForRequest()).isTrue();
    }

    @Test
    void markersAloneAreBoundedToo() {
        for (int i = 0; i < 10_000; i++) {
            outbox.onFreshness(Freshness.DOWN);
            outbox.onFreshness(Freshness.LIVE);
        }
        assertThat(pollAll()).hasSizeLessThan(MAX_EVENTS + 2).endsWith("resynced");
    }

    @Test
    void gapAfterAGapIsNotRepeated() {
        outbox.onFreshness(Freshness.PROBING);
        outbox.onFreshness(Freshness.PROBING);
        assertThat(outbox.poll()).isEqualTo("gap");
        outbox.onFreshness(Freshness.PROBING);
        assertThat(outbox.poll()).isNull();
        add(a, 0);
        outbox.onFreshness(Freshness.PROBING);
        assertThat(pollAll()).containsExactly("a 0", "gap");
    }

    @Test
    void topicsAreConfirmedOnceMessagesArrive() {
        Room d = new Room("d");
        outbox.onFreshness(Freshness.DOWN);
        outbox.add(List.of(d));
        add(d, 0);
        outbox.onFreshness(Freshness.PROBING);
        assertThat(pollAll()).containsExactly("stale");
        assertThat(outbox.isReadyForRequest()).isFalse();
        outbox.onFreshness(Freshness.LIVE);
        add(d, 1);
        assertThat(pollAll()).containsExactly("resynced", "ack of 1", "d 1");
    }

    @Test
    void excludedMessageIsNeitherSentNorLost() {
        outbox.offer(a, new QueuedEvent<>(a, "excluded", 1, 1, account));
        add(a, 0);
        assertThat(pollAll()).containsExactly("a 0");
    }

    private void add(Room room, int number) {
        add(room, room.id() + " " + number, 1);
    }

    private void add(Room room, int from, int count) {
        IntStream.range(from, from + count).forEach(number -> add(room, number));
    }

    private void addLarge(Room room, int count) {
        IntStream.range(0, count).forEach(i -> add(room, "large", 65_536));
    }

    private void add(Room room, String event, int bytes) {
        outbox.offer(room, new QueuedEvent<>(room, event, bytes, 1, account));
    }

    private List<String> pollAll() {
        List<String> all = new ArrayList<>();
        for (String next = outbox.poll(); next != null; next = outbox.poll()) {
            all.add(next);
        }
        return all;
    }
}
