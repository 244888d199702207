package io.flowhub.ephemeral.server.caller;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelOutboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
@Tag("quick")
class PausableReadsTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private int reads;

    private final EmbeddedChannel connection = new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {
        @Override
        public void read(ChannelHandlerContext context) {
            reads++;
            context.read();
        }
    });
    private PausableReads pausable;

    @BeforeEach
    void accept() {
        connection.config().setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator());
        pausable = new PausableReads(connection, 0);
        connection.pipeline().addLast(pausable);
        connection.freezeTime();
    }

    private boolean isRead() {
        int before = reads;
        connection.read();
        return connection.config().isAutoRead() && reads == before + 1;
    }

    private int bufferSize() {
        ByteBuf buffer =
                connection.config().getRecvByteBufAllocator().newHandle().allocate(connection.alloc());
        int size = buffer.capacity();
        buffer.release();
        return size;
    }

    @Test
    void nothingIsReadDuringAPauseAndSmallPartsAfterIt() {
        pausable.onCall("a");
        pausable.pause("a", SECOND / 1_000);
        assertThat(isRead()).as("a pause of a millisecond is none").isTrue();
        assertThat(bufferSize()).isGreaterThan(1_024);
        pausable.pause("a", 60 * SECOND);
        assertThat(isRead()).isFalse();
        connection.advanceTimeBy(999, TimeUnit.MILLISECONDS);
        connection.runScheduledPendingTasks();
        assertThat(isRead()).isFalse();
        connection.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        connection.runScheduledPendingTasks();
        assertThat(isRead()).as("a pause has at most a second").isTrue();
        assertThat(bufferSize()).isEqualTo(1_024);
    }

    @Test
    void connectionThatCallersShareIsNotPaused() {
        pausable.onCall(Caller.ANONYMOUS); // as the probe of a client that has a token
        pausable.onCall("a");
        pausable.pause(Caller.ANONYMOUS, SECOND);
        assertThat(isRead()).isTrue();
        pausable.onCall("b");
        pausable.pause("a", SECOND);
        pausable.pause("b", SECOND);
        assertThat(isRead()).isTrue();
    }

    @Test
    void connectionThatProvesNoCallerIsPausedFromABurstOn() {
        for (int i = 0; i < 25; i++) {
            pausable.onUnproven(0);
        }
        assertThat(isRead()).isTrue();
        pausable.onUnproven(0);
        assertThat(isRead()).isFalse();
    }
}
