package io.flowhub.ephemeral.client;

import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
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
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Entries and leases as the contract has them, in memory and without a time to live; fails as the test wants. */
final class FakeCache extends CacheServiceGrpc.CacheServiceImplBase {

    private static final Duration OTHERS_TIME =
            Duration.newBuilder().setSeconds(10).build();

    final AtomicInteger gets = new AtomicInteger();
    final AtomicInteger refusedPuts = new AtomicInteger();
    final List<PutCachedUserRequest> puts = new CopyOnWriteArrayList<>();

    /** What is thrown at every call while it is set. */
    volatile @Nullable StatusRuntimeException failure;

    /** While set, puts are never answered. */
    volatile boolean ignoresPuts;

    /** While set, nothing is ever answered. */
    volatile boolean isSilent;

    /** While set, gets wait here for the test to answer them. */
    volatile boolean holdsGets;

    final BlockingQueue<Runnable> heldGets = new LinkedBlockingQueue<>();

    private final Map<String, GetCachedUserResponse> entries = new ConcurrentHashMap<>();
    private final Map<String, String> leases = new ConcurrentHashMap<>();
    private final AtomicInteger leasesGiven = new AtomicInteger();

    /** Past its soft age: the next who asks is to load it anew. */
    void age(String id) {
        leases.remove(id);
        entries.computeIfPresent(
                id,
                (same, entry) ->
                        entry.toBuilder().setState(CacheState.CACHE_STATE_STALE).build());
    }

    /** Somebody else takes the lease, and keeps it until the test says otherwise. */
    void leaseToSomebodyElse(String id) {
        leases.put(id, "somebody else's");
    }

    void put(String id, String json) {
        entries.put(
                id,
                GetCachedUserResponse.newBuilder()
                        .setState(CacheState.CACHE_STATE_HIT)
                        .setJson(json)
                        .build());
    }

    boolean holds(String id) {
        return entries.containsKey(id);
    }

    private GetCachedUserResponse look(String id) {
        GetCachedUserResponse entry = entries.get(id);
        if (entry != null && entry.getState() != CacheState.CACHE_STATE_STALE) {
            return entry;
        }
        GetCachedUserResponse.Builder answer = entry != null
                ? entry.toBuilder()
                : GetCachedUserResponse.newBuilder().setState(CacheState.CACHE_STATE_MISS);
        String lease = "lease-" + leasesGiven.incrementAndGet();
        if (leases.putIfAbsent(id, lease) == null) {
            return answer.setLease(lease).build();
        }
        return entry != null
                ? answer.setState(CacheState.CACHE_STATE_HIT).build()
                : answer.setWait(OTHERS_TIME).build();
    }

    private boolean store(String id, PutCachedUserRequest put) {
        puts.add(put);
        if (!put.getLease().isEmpty() && !leases.remove(id, put.getLease())) {
            refusedPuts.incrementAndGet();
            return false;
        }
        leases.remove(id);
        if (put.getNegative()) {
            entries.put(
                    id,
                    GetCachedUserResponse.newBuilder()
                            .setState(CacheState.CACHE_STATE_NEGATIVE)
                            .build());
        } else {
            put(id, put.getJson());
        }
        return true;
    }

    private boolean remove(String id) {
        leases.remove(id);
        return entries.remove(id) != null;
    }

    private <T> void answer(StreamObserver<T> observer, T good) {
        StatusRuntimeException thrown = failure;
        if (thrown != null) {
            observer.onError(thrown);
        } else {
            observer.onNext(good);
            observer.onCompleted();
        }
    }

    @Override
    public void getCachedUser(GetCachedUserRequest request, StreamObserver<GetCachedUserResponse> observer) {
        gets.incrementAndGet();
        Runnable answer = () ->
                answer(observer, failure == null ? look(request.getId()) : GetCachedUserResponse.getDefaultInstance());
        if (holdsGets) {
            heldGets.add(answer);
        } else if (!isSilent) {
            answer.run();
        }
    }

    @Override
    public void putCachedUser(PutCachedUserRequest request, StreamObserver<PutCachedUserResponse> observer) {
        if (!isSilent && !ignoresPuts) {
            boolean stored = failure == null && store(request.getId(), request);
            answer(
                    observer,
                    PutCachedUserResponse.newBuilder().setStored(stored).build());
        }
    }

    @Override
    public void evictCachedUser(EvictCachedUserRequest request, StreamObserver<EvictCachedUserResponse> observer) {
        boolean evicted = failure == null && remove(request.getId());
        answer(
                observer,
                EvictCachedUserResponse.newBuilder().setEvicted(evicted).build());
    }

    /** Products are users of another name here; the messages have the same fields. */
    @Override
    public void getCachedProduct(GetCachedProductRequest request, StreamObserver<GetCachedProductResponse> observer) {
        try {
            answer(
                    observer,
                    GetCachedProductResponse.parseFrom(
                            look("product-" + request.getId()).toByteString()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void putCachedProduct(PutCachedProductRequest request, StreamObserver<PutCachedProductResponse> observer) {
        try {
            boolean stored =
                    store("product-" + request.getId(), PutCachedUserRequest.parseFrom(request.toByteString()));
            answer(
                    observer,
                    PutCachedProductResponse.newBuilder().setStored(stored).build());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void evictCachedProduct(
            EvictCachedProductRequest request, StreamObserver<EvictCachedProductResponse> observer) {
        boolean evicted = remove("product-" + request.getId());
        answer(
                observer,
                EvictCachedProductResponse.newBuilder().setEvicted(evicted).build());
    }
}
