package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CacheState;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.PutCachedUserResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;

/**
 * Calls the empty RPC, then GetCachedUser for cached objects of 200 bytes, the users in turn: concurrent calls read
 * different keys, so the server cannot coalesce their reads. Prints the calls per second of both.
 */
final class CachedUserLoad implements LoadGenerator.Call<GetCachedUserResponse> {

    private static final String NAME = "x".repeat(180);

    private final int users;

    /** Arguments: port of the server, number of users to cache, number of calls per measurement. */
    public static void main(String[] args) throws InterruptedException {
        int users = Integer.parseInt(args[1]);
        int calls = Integer.parseInt(args[2]);
        CachedUserLoad reads = new CachedUserLoad(users);
        try (LoadGenerator generator = new LoadGenerator(Integer.parseInt(args[0]))) {
            generator.run(calls, new EmptyRpcLoad()); // warm-up
            generator.run(users, new Put());
            generator.run(calls, reads);
            double empty = generator.run(calls, new EmptyRpcLoad());
            System.out.printf("%.0f %.0f%n", empty, generator.run(calls, reads));
        }
    }

    private CachedUserLoad(int users) {
        this.users = users;
    }

    @Override
    public void start(Channel channel, long number, StreamObserver<GetCachedUserResponse> observer) {
        GetCachedUserRequest request = GetCachedUserRequest.newBuilder()
                .setId(Long.toString(number % users))
                .build();
        CacheServiceGrpc.newStub(channel).getCachedUser(request, observer);
    }

    @Override
    public boolean isExpected(long number, GetCachedUserResponse response) {
        return response.getState() == CacheState.CACHE_STATE_HIT;
    }

    private static final class Put implements LoadGenerator.Call<PutCachedUserResponse> {

        @Override
        public void start(Channel channel, long number, StreamObserver<PutCachedUserResponse> observer) {
            PutCachedUserRequest request = PutCachedUserRequest.newBuilder()
                    .setId(Long.toString(number))
                    .setJson("{\"id\":\"%d\",\"name\":\"%s\"}".formatted(number, NAME))
                    .build();
            CacheServiceGrpc.newStub(channel).putCachedUser(request, observer);
        }

        @Override
        public boolean isExpected(long number, PutCachedUserResponse response) {
            return response.getStored();
        }
    }
}
