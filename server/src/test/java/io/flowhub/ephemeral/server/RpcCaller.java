package io.flowhub.ephemeral.server;

import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;

/** Calls any RPC of the catalog. */
record RpcCaller(Channel channel) {

    @SuppressWarnings("unchecked")
    static MethodDescriptor<Message, Message> method(Rpc rpc) {
        return (MethodDescriptor<Message, Message>) rpc.method();
    }

    /** Calls a unary RPC. That a flag is not set is a success, with an empty response. */
    Message call(Rpc rpc, Message request) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
        try {
            return ClientCalls.blockingUnaryCall(channel, method(rpc), options, request);
        } catch (StatusRuntimeException e) {
            return emptyIfUnset(rpc, e);
        }
    }

    /** An empty response if the failure is that a flag is not set. */
    static Message emptyIfUnset(Rpc rpc, StatusRuntimeException e) {
        if (isUnsetFlag(e)) {
            return (Message) ((PrototypeMarshaller<?>) rpc.method().getResponseMarshaller()).getMessagePrototype();
        }
        throw e;
    }

    /** Whether this is the answer of version 1 of the protocol of flagd, which has none without a value. */
    static boolean isUnsetFlag(StatusRuntimeException e) {
        return e.getStatus().getCode() == Status.Code.NOT_FOUND
                && StatusAssert.detail(e, ErrorInfo.class).getReason().equals("ERROR_REASON_FLAG_NOT_SET");
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
            if (rpc.method().getType().clientSendsOneMessage()) {
                reader.halfClose();
            }
            return this;
        }

        @Override
        public void close() {
            reader.cancel();
        }
    }
}
