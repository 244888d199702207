package io.flowhub.ephemeral.bench;

import com.google.protobuf.Empty;
import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Configuration;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** The server as it ships, with one empty RPC added: {@code flowhub.ephemeral.bench.v1.BenchService/Empty}. */
final class BenchServer {

    static final MethodDescriptor<Empty, Empty> EMPTY = MethodDescriptor.<Empty, Empty>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("flowhub.ephemeral.bench.v1.BenchService/Empty")
            .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .setResponseMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
            .build();

    /** Argument: path of the configuration file. Runs until it is killed. */
    public static void main(String[] args) throws ConfigException, IOException, InterruptedException {
        Configuration configuration =
                Configuration.load(Features.settings(), Map.of(), System.getenv(), Path.of(args[0]));
        Server server = Server.start(configuration, empty());
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        new CountDownLatch(1).await();
    }

    private static BindableService empty() {
        return () -> ServerServiceDefinition.builder("flowhub.ephemeral.bench.v1.BenchService")
                .addMethod(
                        EMPTY,
                        ServerCalls.asyncUnaryCall((request, observer) -> UnaryCalls.respond(
                                observer, () -> CompletableFuture.completedFuture(request), empty -> empty)))
                .build();
    }

    private BenchServer() {}
}
