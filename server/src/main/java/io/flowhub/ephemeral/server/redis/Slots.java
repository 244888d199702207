package io.flowhub.ephemeral.server.redis;

import java.nio.charset.StandardCharsets;
import org.redisson.connection.CRC16;

/** The slots of keys in a Redis Cluster: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
final class Slots {

    static final int COUNT = 16_384;

    /** The slot of the hash tag, if the key has a non-empty one, else of the whole key. */
    static int of(String key) {
        int open = key.indexOf('{');
        int close = open < 0 ? -1 : key.indexOf('}', open);
        String hashed = close > open + 1 ? key.substring(open + 1, close) : key;
        return CRC16.crc16(hashed.getBytes(StandardCharsets.UTF_8)) % COUNT;
    }

    /** A key in this slot. */
    static String keyIn(int slot) {
        return KeyOfSlot.KEYS[slot];
    }

    /** One key per slot, found at the first use: that takes some 30 ms for all. */
    private static final class KeyOfSlot {

        private static final String[] KEYS = find();

        private static String[] find() {
            String[] keys = new String[COUNT];
            int missing = COUNT;
            for (int i = 0; missing > 0; i++) {
                String key = Integer.toString(i);
                int slot = of(key);
                if (keys[slot] == null) {
                    keys[slot] = key;
                    missing--;
                }
            }
            return keys;
        }
    }

    private Slots() {}
}
