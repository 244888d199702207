package io.flowhub.ephemeral.bench;

import com.google.protobuf.Empty;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import java.util.concurrent.CompletableFuture;

/** The RPC without a message that is the baseline of all ratios. */
public final class EmptyRpc {

    private static final String SERVICE = "flowhub.ephemeral.bench.v1.BenchService";

    public static final MethodDescriptor<Empty, Empty> METHOD = MethodDescriptor.<Empty, Empty>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(SERVICE + "/Empty")
            .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .build();

    private EmptyRpc() {}

    static BindableService service() {
        return () -> ServerServiceDefinition.builder(SERVICE)
                .addMethod(
                        METHOD,
                        ServerCalls.asyncUnaryCall((request, observer) -> UnaryCalls.respond(
                                observer, () -> CompletableFuture.completedFuture(request), empty -> empty)))
                .build();
    }
}
