package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.internal.UnaryFuture;
import io.flowhub.ephemeral.client.internal.retry.RetryInterceptor;
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

/** The entries under the keys {@code cache:user:<id>}. */
record UserCacheBackend(Channel channel) implements CacheBackend {

    @Override
    public CompletableFuture<CacheReply> get(String id, Duration deadline) {
        UnaryFuture<GetCachedUserResponse> response = new UnaryFuture<>();
        CacheServiceGrpc.newStub(channel)
                .withOption(RetryInterceptor.NO_RETRY, true)
                .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                .getCachedUser(GetCachedUserRequest.newBuilder().setId(id).build(), response);
        return response.thenApply(
                reply -> CacheReply.of(reply.getState(), reply.getJson(), reply.getLease(), reply.getWait()));
    }

    @Override
    public void put(String id, Optional<String> value, String lease) {
        PutCachedUserRequest.Builder put =
                PutCachedUserRequest.newBuilder().setId(id).setLease(lease);
        value.ifPresentOrElse(put::setJson, () -> put.setNegative(true));
        CacheServiceGrpc.newStub(channel).putCachedUser(put.build(), new UnaryFuture<>());
    }

    @Override
    public boolean evict(String id) {
        return CacheServiceGrpc.newBlockingStub(channel)
                .evictCachedUser(EvictCachedUserRequest.newBuilder().setId(id).build())
                .getEvicted();
    }
}
