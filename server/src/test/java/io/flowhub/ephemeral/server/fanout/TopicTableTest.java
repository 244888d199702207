package io.flowhub.ephemeral.server.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The table behaves as a map from topics to flags. */
@Tag("unit")
class TopicTableTest {

    @Test
    void tableHasWhatWasAddedAndNotRemoved() {
        Random random = new Random(1);
        TopicTable<Room> table = new TopicTable<>();
        Map<String, Integer> expected = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            String id = Integer.toString(random.nextInt(1 + i / 100));
            Room present = table.get(id);
            assertThat(present != null).isEqualTo(expected.containsKey(id));
            if (present == null) {
                Room added = new Room(id);
                table.add(added);
                table.setFlags(table.find(added), i & 0xff);
                expected.put(id, i & 0xff);
            } else {
                assertThat(table.flags(table.find(present))).isEqualTo(expected.remove(id));
                table.remove(present);
            }
        }
        Map<String, Integer> all = new HashMap<>();
        table.forEach(room -> all.put(room.id(), table.flags(table.find(room))));
        assertThat(all).isEqualTo(expected).hasSize(table.size());
        assertThat(table.contains(new Room(all.keySet().iterator().next())))
                .as("another topic of the same id")
                .isFalse();
    }
}
