package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.TestServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;

/** A channel with small buffers, so that a server soon detects a client that does not read. */
record NarrowChannel(ManagedChannel channel) implements AutoCloseable {

    static final int WINDOW_BYTES = 65_535;

    static NarrowChannel to(TestServer server) {
        return new NarrowChannel(
                NettyChannelBuilder.forAddress("127.0.0.1", server.server().port())
                        .usePlaintext()
                        .flowControlWindow(WINDOW_BYTES)
                        .build());
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
