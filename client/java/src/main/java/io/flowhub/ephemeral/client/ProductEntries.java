package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The entries `cache:product:<id>`. */
record ProductEntries(Channel channel) implements Entries {

    @Override
    public CompletableFuture<Entry> get(String id, Duration deadline) {
        Answer<GetCachedProductResponse> answer = new Answer<>();
        CacheServiceGrpc.newStub(channel)
                .withOption(HarmlessRepeats.ONCE, true)
                .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                .getCachedProduct(GetCachedProductRequest.newBuilder().setId(id).build(), answer);
        return answer.thenApply(
                entry -> Entry.of(entry.getState(), entry.getJson(), entry.getLease(), entry.getWait()));
    }

    @Override
    public void put(String id, Optional<String> value, String lease) {
        PutCachedProductRequest.Builder put =
                PutCachedProductRequest.newBuilder().setId(id).setLease(lease);
        value.ifPresentOrElse(put::setJson, () -> put.setNegative(true));
        CacheServiceGrpc.newStub(channel).putCachedProduct(put.build(), new Answer<>());
    }

    @Override
    public boolean evict(String id) {
        return CacheServiceGrpc.newBlockingStub(channel)
                .evictCachedProduct(
                        EvictCachedProductRequest.newBuilder().setId(id).build())
                .getEvicted();
    }
}
