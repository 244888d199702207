package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.server.config.IdRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The keys of counters: each descriptor and window has one of its own, which CheckRate can name. */
@Tag("unit")
class CounterNameTest {

    private static final Limit MINUTE = new Limit(5, Unit.MINUTE, 1);

    /** Characters that separate or escape, that an id must not have, and some that it may have; short parts collide often. */
    private static final List<String> CHARACTERS = List.of(
            "a",
            "b",
            "%",
            "|",
            ":",
            "{",
            "}",
            " ",
            "\n",
            "_",
            "2",
            "5",
            "7",
            "C",
            "\u00fc",
            "\u00a0",
            "\u200b",
            "\ud83d\ude00");

    private record Descriptor(String domain, List<String> keys, List<String> values, Limit limit) {

        String key() {
            List<Entry> entries = keys.stream()
                    .map(key -> Entry.newBuilder().setKey(key).build())
                    .toList();
            return CounterName.key(values, CounterName.action(domain, entries, limit));
        }
    }

    @Test
    void keyShowsValuesDomainKeysAndWindow() {
        assertThat(new Descriptor("edge", List.of("address", "path"), List.of("10.0.0.1", "/a b"), MINUTE).key())
                .isEqualTo("rate:10.0.0.1|/a%20b:rls|edge|address|path|minute");
        assertThat(new Descriptor("edge", List.of("a"), List.of(""), new Limit(1, Unit.HOUR, 5)).key())
                .isEqualTo("rate:%:rls|edge|a|5hour");
        assertThat(new Descriptor("e", List.of("a"), List.of("::1|{x}%\u00a0"), MINUTE).key())
                .isEqualTo("rate:%3A%3A1%7C%7Bx%7D%25%C2%A0:rls|e|a|minute");
    }

    @Test
    void noTwoDescriptorsShareAKeyAndEveryPartIsAnId() {
        Random random = new Random(47);
        Map<String, Descriptor> byKey = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            Descriptor descriptor = random(random);
            String key = descriptor.key();
            Descriptor other = byKey.putIfAbsent(key, descriptor);
            assertThat(other == null || other.equals(descriptor))
                    .as("%s is the key of %s and of %s", key, descriptor, other)
                    .isTrue();
            String[] parts = key.split(":", -1);
            assertThat(parts).as(key).hasSize(3);
            assertThat(IdRule.violationOf(parts[1])).as(key).isNull();
            assertThat(IdRule.violationOf(parts[2])).as(key).isNull();
        }
        assertThat(byKey).as("distinct ones").hasSizeGreaterThan(100_000);
    }

    @Test
    void longTextIsADigestThatNoOtherTextHas() {
        List<String> keys = new ArrayList<>();
        for (String value : List.of("a".repeat(129), "a".repeat(130), "%%" + "a".repeat(43), "\u00fc".repeat(65))) {
            keys.add(new Descriptor("edge", List.of("k"), List.of(value), MINUTE).key());
            keys.add(new Descriptor(value, List.of("k"), List.of("v"), MINUTE).key());
        }
        assertThat(keys)
                .doesNotHaveDuplicates()
                .allSatisfy(key -> assertThat(key).hasSizeLessThan(265));
        assertThat(new Descriptor("e", List.of("k"), List.of("a".repeat(128)), MINUTE).key())
                .contains("a".repeat(128));
    }

    private static Descriptor random(Random random) {
        int entries = 1 + random.nextInt(3);
        return new Descriptor(
                text(random, 1),
                IntStream.range(0, entries).mapToObj(i -> text(random, 1)).toList(),
                IntStream.range(0, entries).mapToObj(i -> text(random, 0)).toList(),
                new Limit(
                        1,
                        List.of(Unit.SECOND, Unit.MINUTE, Unit.HOUR, Unit.DAY).get(random.nextInt(4)),
                        1 + random.nextInt(2)));
    }

    private static String text(Random random, int min) {
        StringBuilder text = new StringBuilder();
        for (int i = min + random.nextInt(random.nextInt(10) == 0 ? 40 : 3); i > 0; i--) {
            text.append(CHARACTERS.get(random.nextInt(CHARACTERS.size())));
        }
        return text.toString();
    }
}
