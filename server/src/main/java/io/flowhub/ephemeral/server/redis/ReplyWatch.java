package io.flowhub.ephemeral.server.redis;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Whether something was sent through a connection, and nothing has been received since, for many ticks of the health check.
 * Counts ticks, not time: a pause of this process is no silence of Redis. The other side may be gone while a proxy keeps the
 * connection open.
 */
final class ReplyWatch extends ChannelDuplexHandler {

    /** 5 s of ticks. */
    private static final int MAX_TICKS = 25;

    private final Runnable onLost;

    private volatile boolean awaiting;

    /** Ticks without a reply. Reset by the event loop, counted by the health check: a lost reset costs nothing. */
    private volatile int ticks;

    /** @param onLost called when the connection has ended, whatever the reason */
    ReplyWatch(Runnable onLost) {
        this.onLost = onLost;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (!awaiting) {
            awaiting = true;
        }
        var unused = context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        awaiting = false;
        ticks = 0;
        context.fireChannelRead(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        onLost.run();
        context.fireChannelInactive();
    }

    /** To be called at each tick. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // see the field
    boolean isSilent() {
        ticks = awaiting ? ticks + 1 : 0;
        return ticks > MAX_TICKS;
    }
}
