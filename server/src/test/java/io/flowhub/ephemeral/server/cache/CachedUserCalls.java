package io.flowhub.ephemeral.server.cache;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.BatchGetCachedUsersRequest;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CacheServiceGrpc.CacheServiceBlockingStub;
import io.flowhub.ephemeral.v1.EvictCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Calls of cached users for tests, over one channel. */
record CachedUserCalls(ManagedChannel channel) {

    CacheServiceBlockingStub stub() {
        return CacheServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    GetCachedUserResponse get(String id) {
        return stub().getCachedUser(GetCachedUserRequest.newBuilder().setId(id).build());
    }

    List<GetCachedUserResponse> getAll(List<String> ids) {
        var request = BatchGetCachedUsersRequest.newBuilder().addAllIds(ids);
        return stub().batchGetCachedUsers(request.build()).getResultsList();
    }

    boolean put(String id, String json) {
        return put(id, json, "");
    }

    boolean put(String id, String json, String lease) {
        return put(PutCachedUserRequest.newBuilder().setId(id).setJson(json).setLease(lease));
    }

    boolean putNegative(String id, String lease) {
        return put(PutCachedUserRequest.newBuilder().setId(id).setNegative(true).setLease(lease));
    }

    boolean put(PutCachedUserRequest.Builder request) {
        return stub().putCachedUser(request.build()).getStored();
    }

    boolean evict(String id) {
        var request = EvictCachedUserRequest.newBuilder().setId(id);
        return stub().evictCachedUser(request.build()).getEvicted();
    }

    static long millis(Duration duration) {
        return duration.getSeconds() * 1000 + duration.getNanos() / 1_000_000;
    }
}
