package io.flowhub.ephemeral.server;

import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler.Sharable;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.util.concurrent.Future;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes accepted connections beyond a number, and those that do not begin to speak HTTP/2 in time: each holds memory and a
 * file descriptor. First in the pipeline of the listening channel, so that a connection which is too many costs no more
 * than its accept.
 */
@Sharable
final class ConnectionLimit extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(ConnectionLimit.class);
    private static final LogEvent CLOSED =
            LogEvent.warn("connection_refused", "Closed a connection of {peer}: {max} are open");

    /** The preface of HTTP/2 and an empty SETTINGS frame. */
    private static final int FIRST_BYTES = 24 + 9;

    private static final int FIRST_BYTES_SECONDS = 10;

    private final int max;
    private final Consumer<Channel> onAccepted;
    private final AtomicInteger open = new AtomicInteger();

    /** @param onAccepted receives each connection that stays, before it is read */
    ConnectionLimit(int max, Consumer<Channel> onAccepted) {
        this.max = max;
        this.onAccepted = onAccepted;
    }

    void register(PrometheusRegistry metrics) {
        Metrics.gauge(metrics, "ephemeral_connections", "Connections of clients that are open", open::get);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Channel connection = (Channel) message;
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            CLOSED.log(log, connection.remoteAddress(), max);
            connection.unsafe().closeForcibly();
            return;
        }
        var unused = connection.closeFuture().addListener(closed -> open.decrementAndGet());
        connection.pipeline().addFirst(new FirstBytesTimeout());
        onAccepted.accept(connection);
        context.fireChannelRead(connection);
    }

    /** Closes a connection that is silent at its beginning; later, gRPC's keepalive does. */
    private static final class FirstBytesTimeout extends ChannelInboundHandlerAdapter {

        private int received;
        private @Nullable Future<?> timeout;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            timeout = context.executor().schedule(() -> close(context), FIRST_BYTES_SECONDS, TimeUnit.SECONDS);
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            received += ((ByteBuf) message).readableBytes();
            if (received >= FIRST_BYTES) {
                context.pipeline().remove(this);
            }
            context.fireChannelRead(message);
        }

        private static void close(ChannelHandlerContext context) {
            var unused = context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            cancel();
            context.fireChannelInactive();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            cancel();
        }

        private void cancel() {
            if (timeout != null) {
                timeout.cancel(false);
            }
        }
    }
}
