package io.flowhub.ephemeral.server.redis;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.redisson.connection.CRC16;

/** Where keys live in a Redis Cluster: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
final class Slots {

    static final int COUNT = 16_384;

    private static final Map<Integer, String> KEYS = new ConcurrentHashMap<>();

    /** The slot of a key: that of the part in the first braces, if there is any, else that of the whole key. */
    static int of(String key) {
        int open = key.indexOf('{');
        int close = open < 0 ? -1 : key.indexOf('}', open);
        String hashed = close > open + 1 ? key.substring(open + 1, close) : key;
        return CRC16.crc16(hashed.getBytes(StandardCharsets.UTF_8)) % COUNT;
    }

    /** A key in this slot. Finding one takes a millisecond, so what was found is kept. */
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
