package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.fake.InMemoryCacheEntries.Lookup;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsResponse;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersResponse;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CacheState;
import io.flowhub.ephemeral.v1.EvictCachedProductRequest;
import io.flowhub.ephemeral.v1.EvictCachedProductResponse;
import io.flowhub.ephemeral.v1.EvictCachedUserRequest;
import io.flowhub.ephemeral.v1.EvictCachedUserResponse;
import io.flowhub.ephemeral.v1.GetCachedProductRequest;
import io.flowhub.ephemeral.v1.GetCachedProductResponse;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedProductRequest;
import io.flowhub.ephemeral.v1.PutCachedProductResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.PutCachedUserResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** The cache of users and products: proto in, proto out. */
final class InMemoryCache extends CacheServiceGrpc.CacheServiceImplBase {

    private static final int MAX_IDS = 100;

    private final FakeState state;
    private final InMemoryCacheEntries users;
    private final InMemoryCacheEntries products;

    InMemoryCache(FakeState state) {
        this.state = state;
        this.users = new InMemoryCacheEntries(state.clock);
        this.products = new InMemoryCacheEntries(state.clock);
    }

    @Override
    public void getCachedUser(GetCachedUserRequest request, StreamObserver<GetCachedUserResponse> observer) {
        state.answer(request, observer, () -> user(users.get(request.getId())));
    }

    @Override
    public void batchGetCachedUsers(
            BatchGetCachedUsersRequest request, StreamObserver<BatchGetCachedUsersResponse> observer) {
        state.answer(
                request,
                observer,
                () -> BatchGetCachedUsersResponse.newBuilder()
                        .addAllResults(requireSize(request.getIdsList()).stream()
                                .map(id -> user(users.get(id)))
                                .toList())
                        .build());
    }

    @Override
    public void putCachedUser(PutCachedUserRequest request, StreamObserver<PutCachedUserResponse> observer) {
        state.answer(request, observer, () -> {
            requireContent(request.hasJson() || request.getNegative());
            boolean isStored =
                    users.put(request.getId(), request.hasJson() ? request.getJson() : null, request.getLease());
            return PutCachedUserResponse.newBuilder().setStored(isStored).build();
        });
    }

    @Override
    public void evictCachedUser(EvictCachedUserRequest request, StreamObserver<EvictCachedUserResponse> observer) {
        state.answer(
                request,
                observer,
                () -> EvictCachedUserResponse.newBuilder()
                        .setEvicted(users.evict(request.getId()))
                        .build());
    }

    @Override
    public void getCachedProduct(GetCachedProductRequest request, StreamObserver<GetCachedProductResponse> observer) {
        state.answer(request, observer, () -> product(products.get(request.getId())));
    }

    @Override
    public void batchGetCachedProducts(
            BatchGetCachedProductsRequest request, StreamObserver<BatchGetCachedProductsResponse> observer) {
        state.answer(
                request,
                observer,
                () -> BatchGetCachedProductsResponse.newBuilder()
                        .addAllResults(requireSize(request.getIdsList()).stream()
                                .map(id -> product(products.get(id)))
                                .toList())
                        .build());
    }

    @Override
    public void putCachedProduct(PutCachedProductRequest request, StreamObserver<PutCachedProductResponse> observer) {
        state.answer(request, observer, () -> {
            requireContent(request.hasJson() || request.getNegative());
            boolean isStored =
                    products.put(request.getId(), request.hasJson() ? request.getJson() : null, request.getLease());
            return PutCachedProductResponse.newBuilder().setStored(isStored).build();
        });
    }

    @Override
    public void evictCachedProduct(
            EvictCachedProductRequest request, StreamObserver<EvictCachedProductResponse> observer) {
        state.answer(
                request,
                observer,
                () -> EvictCachedProductResponse.newBuilder()
                        .setEvicted(products.evict(request.getId()))
                        .build());
    }

    private static GetCachedUserResponse user(Lookup lookup) {
        GetCachedUserResponse.Builder response = GetCachedUserResponse.newBuilder()
                .setState(lookup.state())
                .setJson(lookup.json())
                .setLease(lookup.lease());
        if (lookup.state() != CacheState.CACHE_STATE_MISS) {
            response.setAge(TestClock.duration(lookup.age()));
        } else if (lookup.lease().isEmpty()) {
            response.setWait(TestClock.duration(lookup.waitTime()));
        }
        return response.build();
    }

    private static GetCachedProductResponse product(Lookup lookup) {
        GetCachedUserResponse same = user(lookup);
        GetCachedProductResponse.Builder response = GetCachedProductResponse.newBuilder()
                .setState(same.getState())
                .setJson(same.getJson())
                .setLease(same.getLease());
        if (same.hasAge()) {
            response.setAge(same.getAge());
        }
        if (same.hasWait()) {
            response.setWait(same.getWait());
        }
        return response.build();
    }

    private static void requireContent(boolean isThere) {
        if (!isThere) {
            throw FakeErrors.invalid("content", "json, or negative: true", "");
        }
    }

    private static List<String> requireSize(List<String> ids) {
        if (ids.isEmpty() || ids.size() > MAX_IDS) {
            throw FakeErrors.invalid("ids", "1 to " + MAX_IDS, Integer.toString(ids.size()));
        }
        return ids;
    }
}
