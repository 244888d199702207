package io.flowhub.ephemeral.server.redis;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.redisson.connection.CRC16;

/** The slots of keys in a Redis Cluster: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
final class Slots {

    static final int COUNT = 16_384;

    private static final Map<Integer, String> KEYS = new ConcurrentHashMap<>();

    /** The slot of the hash tag, if the key has a non-empty one, else of the whole key. */
    static int of(String key) {
        int open = key.indexOf('{');
        int close = open < 0 ? -1 : key.indexOf('}', open);
        String hashed = close > open + 1 ? key.substring(open + 1, close) : key;
        return CRC16.crc16(hashed.getBytes(StandardCharsets.UTF_8)) % COUNT;
    }

    /** A key in this slot. Finding one takes a millisecond, so results are cached. */
    static String keyIn(int slot) {
        return KEYS.computeIfAbsent(
                slot,
                wanted -> IntStream.iterate(0, i -> i + 1)
                        .mapToObj(Integer::toString)
                        .filter(key -> of(key) == wanted)
                        .findFirst()
                        .orElseThrow());
    }

    private Slots() {}
}
