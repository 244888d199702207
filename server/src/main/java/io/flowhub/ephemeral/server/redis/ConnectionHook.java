package io.flowhub.ephemeral.server.redis;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.redisson.client.NettyHook;
import org.redisson.client.handler.CommandPubSubDecoder;
import org.redisson.client.handler.PingConnectionHandler;

/**
 * Changes the handlers of each connection, and closes connections. Redisson flushes after each command, one system call each:
 * consecutive flushes become one. Redisson pings each connection, although the reply to a ping makes its decoder drop a
 * message of a subscription of which only a part has been read: pings are removed, also those of a Redisson file. Silent
 * connections are found by {@link ReplyWatch} and {@link SubscriptionWatch}.
 */
final class ConnectionHook implements NettyHook {

    private static final int MAX_CONSOLIDATED_FLUSHES = 256;

    private final Runnable onLost;
    private final @Nullable TopologyPolls topologyPolls;
    private final @Nullable RedisTls redisTls;
    private final CommandCounter commands = new CommandCounter();
    private final LongAdder lost = new LongAdder();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ChannelGroup subscriptionConnections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    /** Redisson reports a failed TLS handshake as a timeout. */
    private volatile @Nullable Throwable tlsFailure;

    /**
     * @param onLost called when a connection has ended
     * @param topologyPolls for a Cluster
     * @param redisTls instead of the TLS of Redisson
     */
    ConnectionHook(Runnable onLost, @Nullable TopologyPolls topologyPolls, @Nullable RedisTls redisTls) {
        this.onLost = onLost;
        this.topologyPolls = topologyPolls;
        this.redisTls = redisTls;
    }

    @Override
    public void afterBoostrapInitialization(@Nullable Bootstrap bootstrap) {
        // Nothing to configure.
    }

    @Override
    public void afterChannelInitialization(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addFirst(new FlushConsolidationHandler(MAX_CONSOLIDATED_FLUSHES, true), new ReplyWatch(this::onLost));
        if (pipeline.get(PingConnectionHandler.class) != null) {
            pipeline.remove(PingConnectionHandler.class);
        }
        pipeline.addLast(commands);
        if (topologyPolls != null) { // sees a command first, and may answer it itself
            pipeline.addLast(topologyPolls);
        }
        SslHandler tls = pipeline.get(SslHandler.class);
        if (tls != null) {
            String name = pipeline.context(tls).name();
            if (redisTls != null) {
                redisTls.replace(tls, name, channel);
            }
            pipeline.addAfter(name, "tls-failures", new TlsFailures());
        }
        connections.add(channel);
        if (pipeline.get(CommandPubSubDecoder.class) != null) {
            subscriptionConnections.add(channel);
        }
    }

    private void onLost() {
        lost.increment();
        onLost.run();
    }

    /** How many commands were sent. */
    long commands() {
        return commands.commands();
    }

    /** How many connections have ended. */
    long lost() {
        return lost.sum();
    }

    /** Redisson opens them again, and registers their subscriptions. */
    void closeSubscriptionConnections() {
        var unused = subscriptionConnections.close();
    }

    /** Redisson opens them again. */
    void closeConnections() {
        var unused = connections.close();
    }

    /** Closes connections on which a reply has been missing for long. To be called at each tick. */
    void closeSilentConnections() {
        for (Channel connection : connections) {
            ReplyWatch watch = connection.pipeline().get(ReplyWatch.class);
            if (watch != null && watch.isSilent()) {
                var unused = connection.close();
            }
        }
    }

    /** The last failure of TLS since the last call of this method. */
    @Nullable
    Throwable takeTlsFailure() {
        Throwable failure = tlsFailure;
        tlsFailure = null;
        return failure;
    }

    private final class TlsFailures extends ChannelInboundHandlerAdapter {

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
                tlsFailure = handshake.cause();
            }
            context.fireUserEventTriggered(event);
        }

        /** With TLS 1.3 the server may reject the certificate of the client after the handshake. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
            tlsFailure = failure;
            context.fireExceptionCaught(failure);
        }
    }
}
