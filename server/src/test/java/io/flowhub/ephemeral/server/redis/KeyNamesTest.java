package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class KeyNamesTest {

    @Test
    void everyKeyIsOfOneKind() throws Exception {
        int names = 0;
        for (Method method : KeyNames.class.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers()) && !method.getName().equals("beside")) {
                Object[] ids =
                        Collections.nCopies(method.getParameterCount(), "x").toArray();
                String key = (String) method.invoke(null, ids);
                assertThat(KeyNames.KINDS)
                        .as("kinds of " + key)
                        .filteredOn(kind -> key.startsWith(kind + ":"))
                        .hasSize(1);
                names++;
            }
        }
        assertThat(names).isGreaterThanOrEqualTo(7);
    }

    @Test
    void slotHasAKey() {
        for (int slot : new int[] {0, 1, 5461, 16_383}) {
            assertThat(Slots.of(Slots.keyIn(slot))).isEqualTo(slot);
        }
        assertThat(Arrays.asList(Slots.keyIn(7), Slots.keyIn(7))).containsOnly(Slots.keyIn(7));
    }
}
