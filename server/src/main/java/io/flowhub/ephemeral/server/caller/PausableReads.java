package io.flowhub.ephemeral.server.caller;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelOutboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads nothing from a connection for a while, so that its client waits instead of using the event loop: TCP then stops the
 * client. Confined to the event loop, except for the constructor. First in the pipeline, since the HTTP/2 codec reads on
 * its own while automatic reads are off.
 */
final class PausableReads extends ChannelOutboundHandlerAdapter {

    /** A shorter pause costs more than it saves. */
    private static final long MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Heartbeats and cancellations on the same connection wait too. */
    private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int UNPROVEN_PER_SECOND = 100;

    private final Channel connection;
    private final SmallReads reads;
    private boolean paused;

    /** Of the rejected calls that are not those of a caller: without a credential, or with a wrong one. */
    private final Pace unproven;

    /** The caller of all calls so far, except for those without a credential; null before the first one. */
    private @Nullable String onlyCaller;

    private boolean shared;

    /** @param connection whose event loop does not run yet */
    PausableReads(Channel connection, long now) {
        this.connection = connection;
        this.unproven = new Pace(UNPROVEN_PER_SECOND, now);
        this.reads = new SmallReads(connection.config().getRecvByteBufAllocator());
        connection.config().setRecvByteBufAllocator(reads);
    }

    /** A call of this caller has arrived. */
    void onCall(String caller) {
        if (caller.equals(Caller.ANONYMOUS)) {
            return;
        }
        if (onlyCaller == null) {
            onlyCaller = caller;
        } else if (!caller.equals(onlyCaller)) {
            shared = true;
        }
    }

    /** A call without a credential, or with a wrong one, was rejected. */
    void onUnproven(long now) {
        pause(unproven.overdraw(now));
    }

    /** Pauses, unless it would hold up other callers: those behind a proxy share connections. */
    void pause(long nanos) {
        if (shared || nanos < MIN_NANOS || paused) {
            return;
        }
        paused = true;
        reads.makeSmall();
        connection.config().setAutoRead(false);
        var unused = connection.eventLoop().schedule(this::resume, Math.min(nanos, MAX_NANOS), TimeUnit.NANOSECONDS);
    }

    private void resume() {
        paused = false;
        connection.config().setAutoRead(true);
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (!paused) {
            context.read();
        }
    }
}
