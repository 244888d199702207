package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.flowhub.ephemeral.server.error.InvalidFieldException;

/** Converts between the times of messages and milliseconds, the unit of the scripts. */
public final class ProtoTime {

    private static final int NANOS_PER_MILLI = 1_000_000;

    public static Duration duration(long millis) {
        return Duration.newBuilder()
                .setSeconds(millis / 1000)
                .setNanos((int) (millis % 1000) * NANOS_PER_MILLI)
                .build();
    }

    /** Converts a time of the Redis clock, in milliseconds since 1970. */
    public static Timestamp timestamp(long epochMillis) {
        return Timestamp.newBuilder()
                .setSeconds(epochMillis / 1000)
                .setNanos((int) (epochMillis % 1000) * NANOS_PER_MILLI)
                .build();
    }

    /**
     * Returns a TTL in milliseconds.
     *
     * @param field the field's name in the request, for the error
     * @throws InvalidFieldException if it is out of range
     */
    public static long ttlMillis(String field, Duration ttl, java.time.Duration min, java.time.Duration max) {
        long seconds = ttl.getSeconds();
        int nanos = ttl.getNanos();
        boolean inRange = nanos >= 0
                && nanos < 1_000_000_000
                && seconds >= min.toSeconds()
                && (seconds < max.toSeconds() || (seconds == max.toSeconds() && nanos == 0));
        if (!inRange) {
            throw new InvalidFieldException(
                    field, text(seconds, nanos), min.toSeconds() + " s to " + max.toSeconds() + " s");
        }
        return seconds * 1000 + nanos / NANOS_PER_MILLI;
    }

    private static String text(long seconds, int nanos) {
        return nanos == 0 ? seconds + " s" : seconds + " s and " + nanos + " ns";
    }

    private ProtoTime() {}
}
