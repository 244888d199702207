package io.flowhub.ephemeral.server;

import io.flowhub.ephemeral.server.concurrent.EventLoopTurn;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that read requests, run handlers and write responses. One core is left to the thread of the Redis
 * connection: on two cores CheckRate reached 140,000 calls a second with two gRPC threads and 154,000 with one, because
 * the threads no longer compete for the cores (bench/run).
 */
final class EventLoops implements Executor, AutoCloseable {

    private final EventLoopGroup group;

    EventLoops() {
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        this.group = new MultiThreadIoEventLoopGroup(
                threads,
                new DefaultThreadFactory("grpc-loop", true),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        group.forEach(loop -> loop.execute(() -> EventLoopTurn.setLoop(loop)));
    }

    /** Makes the server use these threads, and accept connections within this limit. */
    NettyServerBuilder configure(NettyServerBuilder builder, ConnectionLimit limit) {
        return builder.bossEventLoopGroup(group).workerEventLoopGroup(group).channelFactory(() -> {
            ServerChannel channel = Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
            channel.pipeline().addFirst(limit);
            return channel;
        });
    }

    /** Runs the task on one of the threads. */
    @Override
    public void execute(Runnable task) {
        group.execute(task);
    }

    @Override
    public void close() {
        var unused = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
