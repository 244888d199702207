package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.internal.UnaryFuture;
import io.flowhub.ephemeral.client.internal.retry.RetryInterceptor;
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

/** The entries under the keys {@code cache:product:<id>}. */
record ProductCacheBackend(Channel channel) implements CacheBackend {

    @Override
    public CompletableFuture<CacheReply> get(String id, Duration deadline) {
        UnaryFuture<GetCachedProductResponse> response = new UnaryFuture<>();
        CacheServiceGrpc.newStub(channel)
                .withOption(RetryInterceptor.NO_RETRY, true)
                .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                .getCachedProduct(GetCachedProductRequest.newBuilder().setId(id).build(), response);
        return response.thenApply(
                reply -> CacheReply.of(reply.getState(), reply.getJson(), reply.getLease(), reply.getWait()));
    }

    @Override
    public void put(String id, Optional<String> value, String lease) {
        PutCachedProductRequest.Builder put =
                PutCachedProductRequest.newBuilder().setId(id).setLease(lease);
        value.ifPresentOrElse(put::setJson, () -> put.setNegative(true));
        CacheServiceGrpc.newStub(channel).putCachedProduct(put.build(), new UnaryFuture<>());
    }

    @Override
    public boolean evict(String id) {
        return CacheServiceGrpc.newBlockingStub(channel)
                .evictCachedProduct(
                        EvictCachedProductRequest.newBuilder().setId(id).build())
                .getEvicted();
    }
}
