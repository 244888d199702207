package io.flowhub.ephemeral.server.flagd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Struct;
import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What one EventStream call sends, and what it holds until then. */
@Tag("unit")
class FlagChangeStreamTest {

    private static final Outbound SILENT = new Outbound() {
        @Override
        public void signal() {}

        @Override
        public void requestNext() {}
    };

    private final StreamMemory memory =
            new StreamMemory(new BoundedCount(2 * FlagChangeStream.BYTES), new BoundedCount(0));

    @AutoClose
    private final FlagChangeHub hub =
            new FlagChangeHub(memory, new FanoutMetrics(new PrometheusRegistry()), Duration.ofHours(1));

    @Test
    void burstBecomesOneEventOfItsFeatures() {
        FlagChangeStream<String, String> stream = open(hub);
        for (int i = 0; i < 10_000; i++) {
            hub.onMessage("feature-" + i % 3);
        }
        assertThat(poll(stream))
                .containsExactly("provider_ready []", "configuration_change [feature-0, feature-1, feature-2]");
        hub.onMessage("feature-1");
        assertThat(poll(stream)).containsExactly("configuration_change [feature-1]");
    }

    @Test
    void moreFeaturesThanAStreamHoldsAreAChangeOfAnyFlag() {
        FlagChangeStream<String, String> stream = open(hub);
        assertThat(poll(stream)).containsExactly("provider_ready []");
        IntStream.range(0, FlagChangeStream.MAX_FEATURES).forEach(i -> hub.onMessage("feature-" + i));
        hub.onMessage("feature-0");
        assertThat(poll(stream))
                .singleElement()
                .asString()
                .contains("feature-0")
                .contains("feature-99");
        IntStream.rangeClosed(0, FlagChangeStream.MAX_FEATURES).forEach(i -> hub.onMessage("feature-" + i));
        assertThat(poll(stream)).containsExactly("configuration_change []");
        hub.onMessage("feature-1");
        assertThat(poll(stream)).containsExactly("configuration_change [feature-1]");
    }

    @Test
    void gapIsAChangeOfAnyFlag() {
        FlagChangeStream<String, String> stream = open(hub);
        hub.onMessage("feature");
        hub.onGap();
        hub.onGap();
        assertThat(poll(stream)).containsExactly("provider_ready []", "configuration_change []");
    }

    @Test
    void keepAliveIsSentAgainAndAgainUntilTheStreamEnds() {
        try (FlagChangeHub fast = new FlagChangeHub(
                StreamMemory.ofHeap(), new FanoutMetrics(new PrometheusRegistry()), Duration.ofMillis(20))) {
            FlagChangeStream<String, String> stream = open(fast);
            List<String> events = new ArrayList<>();
            Eventually.soon("two keep-alives", () -> {
                events.addAll(poll(stream));
                return events.size() >= 3;
            });
            assertThat(events.subList(0, 3)).containsExactly("provider_ready []", "keep_alive []", "keep_alive []");
        }
    }

    @Test
    void streamWithoutMemoryEndsAndAnEndedOneReturnsItsMemory() {
        FlagChangeStream<String, String> first = open(hub);
        open(hub);
        assertThatThrownBy(() -> open(hub)).isInstanceOf(OverloadedException.class);
        first.onClosed();
        first.onClosed();
        open(hub);
        assertThat(memory.watches().reserved()).isEqualTo(2 * FlagChangeStream.BYTES);
    }

    @Test
    void endedStreamHoldsNothing() {
        FlagChangeStream<String, String> stream = new FlagChangeStream<>(hub, SILENT, FlagChangeStreamTest::text);
        stream.onClosed();
        stream.onMessage("request");
        assertThat(memory.watches().reserved()).isZero();
        assertThat(poll(stream)).isEmpty();
    }

    private static FlagChangeStream<String, String> open(FlagChangeHub hub) {
        FlagChangeStream<String, String> stream = hub.open(SILENT, FlagChangeStreamTest::text);
        stream.onMessage("request");
        return stream;
    }

    private static String text(String type, Struct data) {
        return type + " "
                + data.getFieldsMap().values().stream()
                        .flatMap(flags -> flags.getStructValue().getFieldsMap().keySet().stream())
                        .sorted()
                        .toList();
    }

    private static List<String> poll(FlagChangeStream<String, String> stream) {
        List<String> events = new ArrayList<>();
        for (String next = stream.poll(); next != null; next = stream.poll()) {
            events.add(next);
        }
        return events;
    }
}
