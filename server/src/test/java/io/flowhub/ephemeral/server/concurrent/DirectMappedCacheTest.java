package io.flowhub.ephemeral.server.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

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
        for (int i = 0; i < 1_000; i++) {
            cache.put("key" + i, i);
        }
        cache.clear();
        for (int i = 0; i < 1_000; i++) {
            assertThat(cache.get("key" + i)).isNull();
        }
    }
}
