package io.flowhub.ephemeral.server.caller;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.ChannelConfig;
import io.grpc.netty.shaded.io.netty.channel.RecvByteBufAllocator;
import io.grpc.netty.shaded.io.netty.util.UncheckedBooleanSupplier;

/**
 * Reads a connection in buffers as large as another allocator chooses, until it is to be read in small ones: a buffer of 64
 * KB may hold a thousand calls, which are handled before the next pause takes effect. Confined to the event loop.
 */
final class SmallReads implements RecvByteBufAllocator {

    /** About 15 calls. */
    private static final int BYTES = 1_024;

    private final RecvByteBufAllocator original;
    private boolean small;

    SmallReads(RecvByteBufAllocator original) {
        this.original = original;
    }

    void makeSmall() {
        small = true;
    }

    @Override
    @SuppressWarnings("deprecation") // the interface has no other method
    public Handle newHandle() {
        return new SizedHandle((ExtendedHandle) original.newHandle());
    }

    private final class SizedHandle implements ExtendedHandle {

        private final ExtendedHandle delegate;

        SizedHandle(ExtendedHandle delegate) {
            this.delegate = delegate;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            return small ? allocator.ioBuffer(BYTES) : delegate.allocate(allocator);
        }

        @Override
        public int guess() {
            return small ? BYTES : delegate.guess();
        }

        @Override
        public void reset(ChannelConfig config) {
            delegate.reset(config);
        }

        @Override
        public void incMessagesRead(int messages) {
            delegate.incMessagesRead(messages);
        }

        @Override
        public void lastBytesRead(int bytes) {
            delegate.lastBytesRead(bytes);
        }

        @Override
        public int lastBytesRead() {
            return delegate.lastBytesRead();
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            delegate.attemptedBytesRead(bytes);
        }

        @Override
        public int attemptedBytesRead() {
            return delegate.attemptedBytesRead();
        }

        @Override
        public boolean continueReading() {
            return delegate.continueReading();
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return delegate.continueReading(maybeMoreData);
        }

        @Override
        public void readComplete() {
            delegate.readComplete();
        }
    }
}
