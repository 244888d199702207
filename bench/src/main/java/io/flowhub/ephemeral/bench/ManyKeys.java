package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ThreadLocalRandom;

/** CheckRate for random users. Prints calls a second. */
final class ManyKeys implements Load.Caller<CheckRateResponse> {

    private final int users;

    /** Takes the server's port, how many users there are, and how many calls to make. */
    public static void main(String[] args) throws InterruptedException {
        try (Load load = new Load(Integer.parseInt(args[0]))) {
            System.out.printf("%.0f%n", load.run(Long.parseLong(args[2]), new ManyKeys(Integer.parseInt(args[1]))));
        }
    }

    private ManyKeys(int users) {
        this.users = users;
    }

    @Override
    public void call(Channel channel, long number, StreamObserver<CheckRateResponse> observer) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(Integer.toString(ThreadLocalRandom.current().nextInt(users)))
                .setAction("bench")
                .build();
        RateLimitServiceGrpc.newStub(channel).checkRate(request, observer);
    }

    @Override
    public boolean isRight(long number, CheckRateResponse response) {
        return response.getAllowed();
    }
}
