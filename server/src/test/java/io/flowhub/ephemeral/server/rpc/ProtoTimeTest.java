package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class ProtoTimeTest {

    private static final java.time.Duration MIN = java.time.Duration.ofMinutes(5);
    private static final java.time.Duration MAX = java.time.Duration.ofMinutes(30);

    @ParameterizedTest
    @CsvSource({"300, 0, 300000", "300, 1000000, 300001", "1800, 0, 1800000", "1799, 999999999, 1799999"})
    void takesTimesInTheRangeBothEndsIncluded(long seconds, int nanos, long millis) {
        assertThat(ProtoTime.ttlMillis("ttl", of(seconds, nanos), MIN, MAX)).isEqualTo(millis);
    }

    @ParameterizedTest
    @CsvSource({
        "299, 999999999",
        "1800, 1",
        "0, 0",
        "-300, 0",
        "300, -1",
        "300, 1000000000",
        "315576000001, 0",
        "9223372036854775807, 0"
    })
    void refusesTimesOutOfRangeAndMalformedOnes(long seconds, int nanos) {
        assertThatThrownBy(() -> ProtoTime.ttlMillis("ttl", of(seconds, nanos), MIN, MAX))
                .isInstanceOf(InvalidFieldException.class)
                .hasMessageStartingWith("ttl: \"" + seconds + " s")
                .hasMessageEndingWith("(expected: 300 s to 1800 s)");
    }

    @Test
    void writesMillisecondsAsDurationsAndTimestamps() {
        assertThat(ProtoTime.duration(61_002)).isEqualTo(of(61, 2_000_000));
        assertThat(ProtoTime.timestamp(1_700_000_000_123L))
                .isEqualTo(Timestamp.newBuilder()
                        .setSeconds(1_700_000_000)
                        .setNanos(123_000_000)
                        .build());
    }

    private static Duration of(long seconds, int nanos) {
        return Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build();
    }
}
