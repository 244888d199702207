package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.redisson.client.protocol.CommandData;

/**
 * Redisson reads the topology of a Cluster once a second, which a Redis may be billed for, and cannot be asked to read it when
 * something has happened. So its polls are answered with the last reply, unless that is old, or a call failed or a connection
 * was lost shortly before: then they pass. Until the next one passes, Redis redirects calls for slots that have moved.
 */
@Sharable
final class TopologyPolls extends ChannelOutboundHandlerAdapter {

    /** The age at which a reply is read again although nothing has happened. */
    static final Duration MAX_AGE = Duration.ofSeconds(30);

    /** How long polls pass after something has happened: longer than Redis takes to replace a master. */
    static final Duration ALERT = Duration.ofMinutes(1);

    private final Traffic traffic;
    private final Ticker ticker;

    private volatile @Nullable Object last;
    private volatile long readNanos;
    private volatile long troubles;
    private volatile long troubleNanos;

    TopologyPolls(Traffic traffic, Ticker ticker) {
        this.traffic = traffic;
        this.ticker = ticker;
        this.troubleNanos = ticker.read();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof CommandData<?, ?> command && isPoll(command)) {
            @SuppressWarnings("unchecked")
            CompletableFuture<Object> reply = (CompletableFuture<Object>) command.getPromise();
            Object known = last;
            if (known != null && isCalm()) {
                promise.setSuccess();
                reply.complete(known);
                return;
            }
            var unused = reply.thenAccept(this::remember);
        }
        var unused = context.write(message, promise);
    }

    private static boolean isPoll(CommandData<?, ?> command) {
        return "CLUSTER".equals(command.getCommand().getName())
                && "NODES".equals(command.getCommand().getSubName());
    }

    private boolean isCalm() {
        long now = ticker.read();
        long seen = traffic.troubles();
        if (seen != troubles) {
            troubles = seen;
            troubleNanos = now;
        }
        return now - troubleNanos > ALERT.toNanos() && now - readNanos < MAX_AGE.toNanos();
    }

    private void remember(Object reply) {
        last = reply;
        readNanos = ticker.read();
    }
}
