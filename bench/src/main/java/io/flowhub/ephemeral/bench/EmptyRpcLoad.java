package io.flowhub.ephemeral.bench;

import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

/** Calls the empty RPC, the baseline of all ratios. */
final class EmptyRpcLoad implements LoadGenerator.Call<Empty> {

    @Override
    public void start(Channel channel, long number, StreamObserver<Empty> observer) {
        ClientCalls.asyncUnaryCall(
                channel.newCall(EmptyRpc.METHOD, CallOptions.DEFAULT), Empty.getDefaultInstance(), observer);
    }

    @Override
    public boolean isExpected(long number, Empty response) {
        return true;
    }
}
