package io.flowhub.ephemeral.server;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;

/** Calls any RPC of the catalog. */
record RpcCaller(Channel channel) {

    @SuppressWarnings("unchecked")
    private static MethodDescriptor<Message, Message> method(Rpc rpc) {
        return (MethodDescriptor<Message, Message>) rpc.method();
    }

    /** Calls a unary RPC. */
    Message call(Rpc rpc, Message request) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
        return ClientCalls.blockingUnaryCall(channel, method(rpc), options, request);
    }

    /** Opens a stream. */
    OpenStream open(Rpc rpc) {
        StreamReader<Message, Message> reader = StreamReader.eager();
        var call = channel.newCall(method(rpc), CallOptions.DEFAULT);
        return new OpenStream(rpc, reader, ClientCalls.asyncBidiStreamingCall(call, reader));
    }

    record OpenStream(Rpc rpc, StreamReader<Message, Message> reader, StreamObserver<Message> requests)
            implements AutoCloseable {

        OpenStream send(Message request) {
            requests.onNext(request);
            return this;
        }

        @Override
        public void close() {
            reader.cancel();
        }
    }
}
