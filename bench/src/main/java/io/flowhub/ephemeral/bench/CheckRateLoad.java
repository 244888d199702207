package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ThreadLocalRandom;

/** Calls CheckRate, each time for a random user. Prints the calls per second. */
final class CheckRateLoad implements LoadGenerator.Call<CheckRateResponse> {

    private final int users;

    /** Arguments: port of the server, number of users, number of calls. */
    public static void main(String[] args) throws InterruptedException {
        int users = Integer.parseInt(args[1]);
        long calls = Long.parseLong(args[2]);
        try (LoadGenerator generator = new LoadGenerator(Integer.parseInt(args[0]))) {
            System.out.printf("%.0f%n", generator.run(calls, new CheckRateLoad(users)));
        }
    }

    private CheckRateLoad(int users) {
        this.users = users;
    }

    @Override
    public void start(Channel channel, long number, StreamObserver<CheckRateResponse> observer) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(Integer.toString(ThreadLocalRandom.current().nextInt(users)))
                .setAction("bench")
                .build();
        RateLimitServiceGrpc.newStub(channel).checkRate(request, observer);
    }

    @Override
    public boolean isExpected(long number, CheckRateResponse response) {
        return response.getAllowed();
    }
}
