package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class PublishArgsTest {

    /** The memory of calls that wait for Redis is counted before they are sent, and a call that is dropped has no number. */
    @Test
    void lengthIsKnownWithoutANumber() {
        AtomicLong numbers = new AtomicLong();
        Envelope.Message message = new Envelope.Message("room", "alice", ByteString.copyFrom(new byte[65_536]));
        PublishArgs args = new PublishArgs("server", message, numbers::incrementAndGet);

        assertThat(args.characters()).isBetween(65_536, 90_000);
        assertThat(numbers).hasValue(0);
        assertThat(args.get(0)).hasSizeBetween(args.characters(), args.characters() + 50);
        assertThat(args.get(0)).isSameAs(args.get(0));
        assertThat(numbers).hasValue(1);
    }
}
