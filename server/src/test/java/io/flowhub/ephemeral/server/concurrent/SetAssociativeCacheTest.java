package io.flowhub.ephemeral.server.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class SetAssociativeCacheTest {

    private final SetAssociativeCache<Numbered> cache = new SetAssociativeCache<>();

    private record Numbered(String key, int number) implements SetAssociativeCache.Entry {}

    @Test
    void keepsTheLastValueOfAKeyUntilItIsInvalidated() {
        assertThat(cache.get("a")).isNull();
        cache.put(new Numbered("a", 1));
        cache.put(new Numbered("a", 2));
        cache.put(new Numbered("b", 3));
        assertThat(cache.get("a")).isEqualTo(new Numbered("a", 2));
        cache.invalidate("a");
        assertThat(cache.get("a")).isNull();
        assertThat(cache.get("b")).isEqualTo(new Numbered("b", 3));
    }

    @Test
    void keysOfOneSetEvictEachOtherAndNeverReadEachOthersValue() {
        List<String> keys = keysOfOneHash();
        keys.forEach(key -> cache.put(new Numbered(key, keys.indexOf(key))));
        assertThat(keys.stream().filter(key -> cache.get(key) != null)).hasSize(4);
        assertThat(keys).allSatisfy(key -> assertThat(cache.get(key)).isIn(null, new Numbered(key, keys.indexOf(key))));
        assertThat(cache.get(keys.get(keys.size() - 1))).isNotNull();
        cache.invalidate(keys.get(0));
        assertThat(keys.stream().filter(key -> cache.get(key) != null)).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void keyThatIsReadOutlivesKeysThatAreNot() {
        List<String> keys = keysOfOneHash();
        String read = keys.get(0);
        for (int round = 0; round < 10; round++) {
            for (String key : keys) {
                cache.put(new Numbered(key, round));
                cache.get(read);
            }
            assertThat(cache.get(read)).as("round " + round).isNotNull();
        }
    }

    /** Eight keys: each pair of characters has the same hash. */
    private static List<String> keysOfOneHash() {
        assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
        List<String> pairs = List.of("Aa", "BB");
        return pairs.stream()
                .flatMap(a -> pairs.stream().flatMap(b -> pairs.stream().map(c -> a + b + c)))
                .toList();
    }

    @Test
    void keepsNearlyAllOfTenThousandKeys() {
        List<String> keys = IntStream.range(0, 10_000)
                .mapToObj(i -> "rate:user" + i + ":bench")
                .toList();
        keys.forEach(key -> cache.put(new Numbered(key, 1)));
        assertThat(keys.stream().filter(key -> cache.get(key) != null)).hasSizeGreaterThan(9_800);
    }

    @Test
    void clearRemovesEverything() {
        List<String> keys = IntStream.range(0, 1_000).mapToObj(i -> "key" + i).toList();
        keys.forEach(key -> cache.put(new Numbered(key, 1)));
        cache.clear();
        assertThat(keys).allSatisfy(key -> assertThat(cache.get(key)).isNull());
    }
}
