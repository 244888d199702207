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
 * The empty RPC, then reads of cached users of 200 bytes, each time another one: no two of those who wait want the same, so
 * none shares the look of another. Prints the calls a second of the two.
 */
final class CachedUsers implements Load.Caller<GetCachedUserResponse> {

    private static final String NAME = "x".repeat(180);

    private final int users;

    /** Takes the server's port, how many users to put, and how many calls to make. */
    public static void main(String[] args) throws InterruptedException {
        int users = Integer.parseInt(args[1]);
        int calls = Integer.parseInt(args[2]);
        CachedUsers reads = new CachedUsers(users);
        try (Load load = new Load(Integer.parseInt(args[0]))) {
            load.run(calls, new Nothing()); // warms up what the three share
            load.run(users, new Put());
            load.run(calls, reads);
            double empty = load.run(calls, new Nothing());
            System.out.printf("%.0f %.0f%n", empty, load.run(calls, reads));
        }
    }

    private CachedUsers(int users) {
        this.users = users;
    }

    @Override
    public void call(Channel channel, long number, StreamObserver<GetCachedUserResponse> observer) {
        GetCachedUserRequest request = GetCachedUserRequest.newBuilder()
                .setId(Long.toString(number % users))
                .build();
        CacheServiceGrpc.newStub(channel).getCachedUser(request, observer);
    }

    @Override
    public boolean isRight(long number, GetCachedUserResponse response) {
        return response.getState() == CacheState.CACHE_STATE_HIT;
    }

    private static final class Put implements Load.Caller<PutCachedUserResponse> {

        @Override
        public void call(Channel channel, long number, StreamObserver<PutCachedUserResponse> observer) {
            PutCachedUserRequest request = PutCachedUserRequest.newBuilder()
                    .setId(Long.toString(number))
                    .setJson("{\"id\":\"%d\",\"name\":\"%s\"}".formatted(number, NAME))
                    .build();
            CacheServiceGrpc.newStub(channel).putCachedUser(request, observer);
        }

        @Override
        public boolean isRight(long number, PutCachedUserResponse response) {
            return response.getStored();
        }
    }
}
