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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        pausable.pause(SECOND / 1_000);
        assertThat(isRead()).as("a pause of a millisecond is none").isTrue();
        assertThat(bufferSize()).isGreaterThan(1_024);
        pausable.pause(60 * SECOND);
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
        pausable.onCall("a");
        pausable.onCall("b");
        pausable.pause(SECOND);
        useUpUnproven();
        pausable.onUnproven(0);
        assertThat(isRead()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", Caller.ANONYMOUS, "a"})
    void connectionOfOneCallerOrNoneIsPausedForCallsThatProveNoCaller(String caller) {
        if (!caller.equals("none")) {
            pausable.onCall(caller);
        }
        useUpUnproven();
        assertThat(isRead()).isTrue();
        pausable.onUnproven(0);
        assertThat(isRead()).isFalse();
    }

    private void useUpUnproven() {
        for (int i = 0; i < 25; i++) {
            pausable.onUnproven(0);
        }
    }
}
