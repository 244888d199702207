package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
@Tag("quick")
class ConnectionLimitTest {

    private final EmbeddedChannel listening = new EmbeddedChannel(new ConnectionLimit(2, connection -> {}));

    private EmbeddedChannel connect() throws Exception {
        EmbeddedChannel connection = new EmbeddedChannel(false, false, new ChannelInboundHandlerAdapter());
        listening.writeInbound(connection);
        if (connection.isOpen()) {
            connection.register();
            connection.freezeTime();
        }
        return connection;
    }

    private static void send(EmbeddedChannel connection, int bytes) {
        connection.writeInbound(Unpooled.buffer().writeZero(bytes));
    }

    private static boolean isOpenAfter(int seconds, EmbeddedChannel connection) {
        connection.advanceTimeBy(seconds, TimeUnit.SECONDS);
        connection.runScheduledPendingTasks();
        return connection.isOpen();
    }

    @Test
    void connectionsBeyondTheLimitAreClosedUntilAnotherOneEnds() throws Exception {
        EmbeddedChannel first = connect();
        EmbeddedChannel second = connect();
        for (int i = 0; i < 3; i++) {
            assertThat(connect().isOpen()).isFalse();
        }
        var unused = first.close();

        assertThat(connect().isOpen()).isTrue();
        assertThat(connect().isOpen()).isFalse();
        assertThat(second.isOpen()).isTrue();
    }

    @Test
    void connectionThatDoesNotBeginToSpeakIsClosed() throws Exception {
        EmbeddedChannel speaks = connect();
        send(speaks, 24);
        send(speaks, 9);
        assertThat(isOpenAfter(3600, speaks)).isTrue();

        EmbeddedChannel stops = connect();
        send(stops, 24);
        assertThat(isOpenAfter(9, stops)).isTrue();
        assertThat(isOpenAfter(2, stops)).isFalse();
        assertThat(connect().isOpen()).isTrue();
    }
}
