package io.flowhub.ephemeral.server.redis;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.atomic.LongAdder;
import org.redisson.client.protocol.CommandData;
import org.redisson.client.protocol.CommandsData;

/** Counts the commands that are sent through all connections, also those of Redisson itself. */
@Sharable
final class CommandCounter extends ChannelOutboundHandlerAdapter {

    private final LongAdder commands = new LongAdder();

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof CommandData) {
            commands.increment();
        } else if (message instanceof CommandsData several) {
            commands.add(several.getCommands().size());
        }
        var unused = context.write(message, promise);
    }

    long commands() {
        return commands.sum();
    }
}
