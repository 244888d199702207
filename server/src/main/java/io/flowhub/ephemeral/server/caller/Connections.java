package io.flowhub.ephemeral.server.caller;

import com.github.benmanes.caffeine.cache.Ticker;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Finds the connection of a call: gRPC does not pass it on, but the address of the client, of which each has its own. */
final class Connections extends ServerTransportFilter {

    private static final Attributes.Key<PausableReads> READS = Attributes.Key.create("reads of the connection");

    private final Map<SocketAddress, PausableReads> accepted = new ConcurrentHashMap<>();
    private final Ticker ticker;

    Connections(Ticker ticker) {
        this.ticker = ticker;
    }

    void onAccepted(Channel connection) {
        PausableReads reads = new PausableReads(connection, ticker.read());
        connection.pipeline().addFirst(reads);
        SocketAddress client = connection.remoteAddress();
        accepted.put(client, reads);
        var unused = connection.closeFuture().addListener(closed -> accepted.remove(client, reads));
    }

    @Override
    public Attributes transportReady(Attributes connection) {
        SocketAddress client = connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        PausableReads reads = client == null ? null : accepted.get(client);
        return reads == null
                ? connection
                : connection.toBuilder().set(READS, reads).build();
    }

    /** The reads of the connection with these attributes; null if it was closed. */
    static @Nullable PausableReads of(Attributes connection) {
        return connection.get(READS);
    }
}
