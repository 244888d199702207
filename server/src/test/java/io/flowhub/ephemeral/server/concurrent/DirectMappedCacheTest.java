package io.flowhub.ephemeral.server.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class DirectMappedCacheTest {

    private final DirectMappedCache<Integer> cache = new DirectMappedCache<>();

    @Test
    void keepsTheLastValueOfAKeyUntilItIsInvalidated() {
        assertThat(cache.get("a")).isNull();
        cache.put("a", 1);
        cache.put("a", 2);
        cache.put("b", 3);
        assertThat(cache.get("a")).isEqualTo(2);
        cache.invalidate("a");
        assertThat(cache.get("a")).isNull();
        assertThat(cache.get("b")).isEqualTo(3);
    }

    @Test
    void keysWithOneSlotEvictEachOtherAndNeverReadEachOthersValue() {
        assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
        cache.put("Aa", 1);
        cache.put("BB", 2);
        assertThat(cache.get("Aa")).isNull();
        assertThat(cache.get("BB")).isEqualTo(2);
        cache.invalidate("Aa");
        assertThat(cache.get("BB")).isEqualTo(2);
    }

    @Test
    void clearRemovesEverything() {
        List<String> keys = IntStream.range(0, 1_000).mapToObj(i -> "key" + i).toList();
        keys.forEach(key -> cache.put(key, 1));
        cache.clear();
        assertThat(keys).allSatisfy(key -> assertThat(cache.get(key)).isNull());
    }
}
