package io.flowhub.ephemeral.server;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;

/** Calls any RPC of the catalog. */
record RpcCaller(Channel channel) {

    @SuppressWarnings("unchecked")
    static MethodDescriptor<Message, Message> method(Rpc rpc) {
        return (MethodDescriptor<Message, Message>) rpc.method();
    }

    /** Calls a unary RPC. */
    Message call(Rpc rpc, Message request) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
        return ClientCalls.blockingUnaryCall(channel, method(rpc), options, request);
    }

    /** Calls a unary RPC with a request in the text format of protobuf, in which {@code $} stands for the id. */
    @SuppressWarnings("unchecked")
    <R> R call(MethodDescriptor<?, R> method, String id, String request) {
        Rpc rpc = RpcCatalog.rpc(method, request);
        return (R) call(rpc, rpc.validRequest(id));
    }

    /** Opens a stream. */
    OpenStream open(Rpc rpc) {
        var call = channel.newCall(method(rpc), CallOptions.DEFAULT);
        return new OpenStream(rpc, StreamReader.eager(reader -> ClientCalls.asyncBidiStreamingCall(call, reader)));
    }

    record OpenStream(Rpc rpc, StreamReader<Message, Message> reader) implements AutoCloseable {

        OpenStream send(Message request) {
            reader.send(request);
            return this;
        }

        @Override
        public void close() {
            reader.cancel();
        }
    }
}
