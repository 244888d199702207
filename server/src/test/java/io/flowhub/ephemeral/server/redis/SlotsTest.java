package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class SlotsTest {

    @Test
    void slotHasAKey() {
        for (int slot : new int[] {0, 1, 5461, 16_383}) {
            assertThat(Slots.of(Slots.keyIn(slot))).isEqualTo(slot);
        }
        assertThat(Arrays.asList(Slots.keyIn(7), Slots.keyIn(7))).containsOnly(Slots.keyIn(7));
    }
}
