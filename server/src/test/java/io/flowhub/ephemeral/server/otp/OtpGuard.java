package io.flowhub.ephemeral.server.otp;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import redis.clients.jedis.commands.StringBinaryCommands;
import redis.clients.jedis.params.SetParams;

/** The guard of a user as Redis stores it, with the layout that {@code otp/lib/guard.lua} describes. */
record OtpGuard(StringBinaryCommands redis, String user) {

    private static final List<String> FIELDS = List.of(
            "attempts",
            "guesses",
            "last_issue",
            "hour",
            "hour_at",
            "day",
            "day_at",
            "own_hour",
            "own_hour_at",
            "own_day",
            "own_day_at",
            "issues",
            "issues_at");

    static String key(String user) {
        return "{otp:" + user + "}:guard";
    }

    /** Returns a count, or a time in ms since 1970. */
    long get(String field) {
        int from = offset(field);
        byte[] guard = redis.get(bytesOfKey());
        return new BigInteger(1, Arrays.copyOfRange(guard, from, from + size(field))).longValueExact();
    }

    void set(String field, long value) {
        byte[] guard = redis.get(bytesOfKey());
        byte[] bigEndian = ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        System.arraycopy(bigEndian, Long.BYTES - size(field), guard, offset(field), size(field));
        redis.set(bytesOfKey(), guard, new SetParams().keepTtl());
    }

    private byte[] bytesOfKey() {
        return key(user).getBytes(StandardCharsets.UTF_8);
    }

    private static int offset(String field) {
        return FIELDS.stream()
                .limit(FIELDS.indexOf(field))
                .mapToInt(OtpGuard::size)
                .sum();
    }

    private static int size(String field) {
        return field.equals("last_issue") || field.endsWith("_at") ? 6 : 1;
    }
}
