package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.EvictCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The entries `cache:user:<id>`. */
record UserEntries(Channel channel) implements Entries {

    @Override
    public CompletableFuture<Entry> get(String id, Duration deadline) {
        Answer<GetCachedUserResponse> answer = new Answer<>();
        CacheServiceGrpc.newStub(channel)
                .withOption(HarmlessRepeats.ONCE, true)
                .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                .getCachedUser(GetCachedUserRequest.newBuilder().setId(id).build(), answer);
        return answer.thenApply(
                entry -> Entry.of(entry.getState(), entry.getJson(), entry.getLease(), entry.getWait()));
    }

    @Override
    public void put(String id, Optional<String> value, String lease) {
        PutCachedUserRequest.Builder put =
                PutCachedUserRequest.newBuilder().setId(id).setLease(lease);
        value.ifPresentOrElse(put::setJson, () -> put.setNegative(true));
        CacheServiceGrpc.newStub(channel).putCachedUser(put.build(), new Answer<>());
    }

    @Override
    public boolean evict(String id) {
        return CacheServiceGrpc.newBlockingStub(channel)
                .evictCachedUser(EvictCachedUserRequest.newBuilder().setId(id).build())
                .getEvicted();
    }
}
