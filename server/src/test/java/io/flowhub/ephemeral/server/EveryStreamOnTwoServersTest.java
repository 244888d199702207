package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.OnSingleAndCluster;
import io.flowhub.ephemeral.server.fixture.TwoServersSuite;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a stream of any kind receives while topics change at two servers. */
@Tag("contract")
@OnSingleAndCluster
class EveryStreamOnTwoServersTest extends TwoServersSuite {

    @ParameterizedTest
    @EnumSource
    void stateComesFirstThenEachChangeAtEitherServer(StreamKind kind) {
        String topic = UniqueIds.next();
        List<String> expected = new ArrayList<>(List.of(kind.first(0)));
        try (TopicReader here = TopicReader.open(kind, servers.first(), topic);
                TopicReader there = TopicReader.open(kind, servers.second(), topic)) {
            for (int i = 1; i <= 4; i++) {
                kind.change(i % 2 == 0 ? servers.first() : servers.second(), topic, i);
                here.await(topic, kind.changed(i));
                there.await(topic, kind.changed(i));
                expected.add(kind.changed(i));
            }
            assertThat(here.described()).isEqualTo(expected);
            assertThat(there.described()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void topicsAreAddedAndRemovedOnTheOpenStreamAlsoAgainAndForItAlone(StreamKind kind) {
        List<String> topics = UniqueIds.next(3);
        String kept = topics.get(0);
        String removed = topics.get(1);
        String added = topics.get(2);
        try (TopicReader stream = TopicReader.open(kind, servers.first(), kept, kept, removed);
                TopicReader other = TopicReader.open(kind, servers.first(), kept)) {
            other.halfClose();
            kind.change(servers.second(), added, 1);
            kind.change(servers.second(), kept, 1);
            stream.await(kept, kind.changed(1)); // so that the first server received both
            stream.update(List.of(added), List.of(removed)).await(added, kind.first(1));
            kind.change(servers.second(), removed, 1);
            kind.change(servers.second(), added, 2);
            kind.change(servers.second(), kept, 2);
            stream.await(added, kind.changed(2)).await(kept, kind.changed(2));
            assertThat(stream.of(removed)).containsExactly(kind.first(0));

            stream.add(removed).await(removed, kind.first(1)).add(kept).awaitCount(kept, 4);
            kind.change(servers.second(), removed, 2);
            kind.change(servers.second(), kept, 3);
            stream.await(removed, kind.changed(2)).await(kept, kind.changed(3));
            other.awaitCount(kept, 4);

            assertThat(stream.of(removed)).containsExactly(kind.first(0), kind.first(1), kind.changed(2));
            assertThat(stream.of(added)).containsExactly(kind.first(1), kind.changed(2));
            assertThat(stream.of(kept))
                    .containsExactly(kind.first(0), kind.changed(1), kind.changed(2), kind.first(2), kind.changed(3));
            assertThat(stream.markers()).isEmpty();
            assertThat(other.described())
                    .containsExactly(kind.first(0), kind.changed(1), kind.changed(2), kind.changed(3));
            assertThat(other.hasEnded()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void twentyThousandTopicsAreSentAndOneMoreEndsThatStreamOnly(StreamKind kind) {
        List<String> topics = UniqueIds.next(20_000);
        String first = topics.get(0);
        try (TopicReader other = TopicReader.open(kind, servers.first(), first);
                TopicReader full = new TopicReader(kind, servers.first(), false)) {
            for (int i = 0; i < 20_000; i += 1_000) {
                full.update(topics.subList(i, i + 1_000), List.of());
            }
            full.awaitAll(topics).update(topics.subList(0, 1_000), List.of()); // already on the stream
            String replacement = UniqueIds.next();
            full.update(List.of(replacement), List.of(first)).await(replacement, kind.first(0));
            kind.change(servers.second(), replacement, 1);
            full.await(replacement, kind.changed(1)).add(first).awaitInvalid("add");
            kind.change(servers.second(), first, 1);
            other.await(first, kind.changed(1));
        }
    }
}
