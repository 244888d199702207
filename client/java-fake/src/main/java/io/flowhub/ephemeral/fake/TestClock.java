package io.flowhub.ephemeral.fake;

import com.google.protobuf.Timestamp;
import java.time.Duration;
import java.time.Instant;

/** The time of the fake: that of the machine, plus what a test has advanced it by. */
final class TestClock {

    private Duration ahead = Duration.ZERO;

    synchronized Instant now() {
        return Instant.now().plus(ahead);
    }

    synchronized void advance(Duration by) {
        ahead = ahead.plus(by);
    }

    static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    /** Not negative. */
    com.google.protobuf.Duration until(Instant time) {
        Duration left = Duration.between(now(), time);
        return duration(left.isNegative() ? Duration.ZERO : left);
    }

    static com.google.protobuf.Duration duration(Duration duration) {
        return com.google.protobuf.Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }
}
