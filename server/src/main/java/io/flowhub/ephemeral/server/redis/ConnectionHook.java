package io.flowhub.ephemeral.server.redis;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.jspecify.annotations.Nullable;
import org.redisson.client.NettyHook;
import org.redisson.client.handler.CommandPubSubDecoder;
import org.redisson.client.handler.PingConnectionHandler;

/**
 * Changes the handlers of each connection. Redisson flushes after each command, one system call each: consecutive flushes
 * become one. And it pings subscription connections, although the reply to a ping makes its decoder drop a message of which
 * only a part has been read: these pings are removed, and {@link SubscriptionKeepalive} is in their place.
 */
final class ConnectionHook implements NettyHook {

    private static final int MAX_CONSOLIDATED_FLUSHES = 256;

    private final ChannelGroup subscriptionConnections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    @Override
    public void afterBoostrapInitialization(@Nullable Bootstrap bootstrap) {
        // Nothing to configure.
    }

    @Override
    public void afterChannelInitialization(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addFirst(new FlushConsolidationHandler(MAX_CONSOLIDATED_FLUSHES, true));
        if (pipeline.get(CommandPubSubDecoder.class) != null) {
            subscriptionConnections.add(channel);
            if (pipeline.get(PingConnectionHandler.class) != null) {
                pipeline.remove(PingConnectionHandler.class);
            }
        }
    }

    /** Redisson opens them again, and registers their subscriptions. */
    void closeSubscriptionConnections() {
        var unused = subscriptionConnections.close();
    }
}
