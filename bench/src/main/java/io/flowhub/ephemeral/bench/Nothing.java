package io.flowhub.ephemeral.bench;

import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

/** The empty RPC, with which the others are compared. */
final class Nothing implements Load.Caller<Empty> {

    @Override
    public void call(Channel channel, long number, StreamObserver<Empty> observer) {
        ClientCalls.asyncUnaryCall(
                channel.newCall(BenchServer.EMPTY, CallOptions.DEFAULT), Empty.getDefaultInstance(), observer);
    }

    @Override
    public boolean isRight(long number, Empty response) {
        return true;
    }
}
