package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ItemErrors;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.server.rpc.ValueValidator;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedProductsResponse;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersRequest;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersResponse;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.ErrorReason;
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
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The RPCs of cached objects: checks requests and builds responses. Users and products follow the same rules; only
 * their keys and messages differ.
 */
final class CacheService extends CacheServiceGrpc.CacheServiceImplBase {

    private static final int MAX_IDS = 100;

    private final CacheStore store;
    private final CacheMetrics metrics;

    CacheService(CacheStore store, CacheMetrics metrics) {
        this.store = store;
        this.metrics = metrics;
    }

    @Override
    public void getCachedUser(GetCachedUserRequest request, StreamObserver<GetCachedUserResponse> observer) {
        UnaryCalls.respond(observer, () -> store.read(userKey(request.getId())), this::userResponse);
    }

    @Override
    public void putCachedUser(PutCachedUserRequest request, StreamObserver<PutCachedUserResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> metrics.users()
                        .countPut(store.put(
                                userKey(request.getId()),
                                UserMessages.value(request),
                                Leases.check(request.getLease()))),
                stored -> PutCachedUserResponse.newBuilder().setStored(stored).build());
    }

    @Override
    public void evictCachedUser(EvictCachedUserRequest request, StreamObserver<EvictCachedUserResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.evict(userKey(request.getId())),
                evicted ->
                        EvictCachedUserResponse.newBuilder().setEvicted(evicted).build());
    }

    @Override
    public void batchGetCachedUsers(
            BatchGetCachedUsersRequest request, StreamObserver<BatchGetCachedUsersResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> readAll(
                        keys(request.getIdsList(), CacheKeys::user),
                        this::userResponse,
                        UserMessages::error,
                        CacheServiceGrpc.getBatchGetCachedUsersMethod()),
                results -> BatchGetCachedUsersResponse.newBuilder()
                        .addAllResults(results)
                        .build());
    }

    @Override
    public void getCachedProduct(GetCachedProductRequest request, StreamObserver<GetCachedProductResponse> observer) {
        UnaryCalls.respond(observer, () -> store.read(productKey(request.getId())), this::productResponse);
    }

    @Override
    public void putCachedProduct(PutCachedProductRequest request, StreamObserver<PutCachedProductResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> metrics.products()
                        .countPut(store.put(
                                productKey(request.getId()),
                                ProductMessages.value(request),
                                Leases.check(request.getLease()))),
                stored ->
                        PutCachedProductResponse.newBuilder().setStored(stored).build());
    }

    @Override
    public void evictCachedProduct(
            EvictCachedProductRequest request, StreamObserver<EvictCachedProductResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.evict(productKey(request.getId())),
                evicted -> EvictCachedProductResponse.newBuilder()
                        .setEvicted(evicted)
                        .build());
    }

    @Override
    public void batchGetCachedProducts(
            BatchGetCachedProductsRequest request, StreamObserver<BatchGetCachedProductsResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> readAll(
                        keys(request.getIdsList(), CacheKeys::product),
                        this::productResponse,
                        ProductMessages::error,
                        CacheServiceGrpc.getBatchGetCachedProductsMethod()),
                results -> BatchGetCachedProductsResponse.newBuilder()
                        .addAllResults(results)
                        .build());
    }

    private GetCachedUserResponse userResponse(CacheResult result) {
        metrics.users().onRead(result);
        return UserMessages.response(result);
    }

    private GetCachedProductResponse productResponse(CacheResult result) {
        metrics.products().onRead(result);
        return ProductMessages.response(result);
    }

    private static String userKey(String id) {
        return CacheKeys.user(IdValidator.check("id", id));
    }

    private static String productKey(String id) {
        return CacheKeys.product(IdValidator.check("id", id));
    }

    private static List<String> keys(List<String> ids, UnaryOperator<String> key) {
        ValueValidator.checkSize("ids", ids.size(), MAX_IDS, "ids");
        return IntStream.range(0, ids.size())
                .mapToObj(i -> key.apply(IdValidator.checkElement("ids", i, "", ids.get(i))))
                .toList();
    }

    private <R> CompletableFuture<List<R>> readAll(
            List<String> keys,
            Function<CacheResult, R> response,
            Function<ErrorReason, R> error,
            MethodDescriptor<?, ?> method) {
        ItemErrors errors = new ItemErrors(method);
        List<CompletableFuture<R>> results =
                keys.stream().map(key -> store.read(key).thenApply(response)).toList();
        return Futures.allSettled(results, failure -> error.apply(errors.reason(failure)));
    }
}
