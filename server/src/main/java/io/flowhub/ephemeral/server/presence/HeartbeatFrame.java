package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** One frame of heartbeats in flight. Each heartbeat is accepted or rejected by itself; the frame has one response. */
final class HeartbeatFrame {

    static final int MAX_HEARTBEATS = 1_000;

    /** Users per operation. It blocks Redis for a third of a millisecond. */
    private static final int CHUNK_SIZE = 500;

    private final StreamHeartbeatsRequest request;
    private final FrameResponse response;

    /** The heartbeats without a result, and 1 while {@link #send} runs. */
    private final AtomicInteger pending = new AtomicInteger();

    private final CompletableFuture<Void> done = new CompletableFuture<>();

    /** A frame that is empty or too large is rejected as a whole, and done. */
    HeartbeatFrame(StreamHeartbeatsRequest request, Duration ttl) {
        this.request = request;
        this.response = new FrameResponse(request.getSequence(), ttl);
        if (size() < 1 || size() > MAX_HEARTBEATS) {
            reject(new InvalidFieldException(
                    "user_ids",
                    size() + " heartbeats",
                    "1 to " + MAX_HEARTBEATS + " heartbeats in user_ids and heartbeats together"));
        }
    }

    /** Rejects the frame as a whole. */
    private void reject(ServiceException failure) {
        response.rejectFrame(failure);
        done.complete(null);
    }

    int size() {
        return request.getUserIdsCount() + request.getHeartbeatsCount();
    }

    boolean isDone() {
        return done.isDone();
    }

    /** The response. Complete when the frame is done. */
    StreamHeartbeatsResponse response() {
        return response.build();
    }

    /** Sends the heartbeats. Completes when each of them has a result, and never fails. */
    CompletableFuture<Void> send(PresenceStore store) {
        if (!store.isRedisAvailable()) { // in an outage gateways repeat all frames: one rejection costs least
            reject(new RedisUnavailableException("Redis is unavailable"));
            return done;
        }
        pending.set(size() + 1);
        List<Integer> batchable = new ArrayList<>(size());
        for (int i = 0; i < size(); i++) {
            try {
                Heartbeat heartbeat = heartbeat(i);
                if (store.isBatchable(heartbeat)) {
                    batchable.add(i);
                } else {
                    completeWith(store.heartbeat(heartbeat), i);
                }
            } catch (RuntimeException e) { // usually an invalid id; the other heartbeats are accepted
                response.reject(List.of(i), e);
                complete(1);
            }
        }
        for (int from = 0; from < batchable.size(); from += CHUNK_SIZE) {
            int to = Math.min(from + CHUNK_SIZE, batchable.size());
            sendChunk(batchable.subList(from, to), store);
        }
        complete(1);
        return done;
    }

    private void sendChunk(List<Integer> indexes, PresenceStore store) {
        List<String> userIds = indexes.stream().map(this::userId).toList();
        Futures.ignore(store.extend(userIds).handle((offline, failure) -> {
            if (failure != null) {
                response.reject(indexes, failure);
                complete(indexes.size());
            } else {
                complete(indexes.size() - offline.size());
                offline.forEach(i -> completeWith(store.markOnline(userIds.get(i)), indexes.get(i)));
            }
            return true;
        }));
    }

    private void completeWith(CompletableFuture<Boolean> cameOnline, int index) {
        Futures.ignore(cameOnline.handle((isTransition, failure) -> {
            if (failure != null) {
                response.reject(List.of(index), failure);
            } else if (isTransition) {
                response.addCameOnline(userId(index));
            }
            complete(1);
            return true;
        }));
    }

    private void complete(int heartbeats) {
        if (pending.addAndGet(-heartbeats) == 0) {
            done.complete(null);
        }
    }

    /** Checks the ids of the heartbeat. The index counts all {@code user_ids} first, then all {@code heartbeats}. */
    private Heartbeat heartbeat(int index) {
        int users = request.getUserIdsCount();
        if (index < users) {
            return new Heartbeat(IdValidator.checkElement("user_ids", index, "", request.getUserIds(index)), "");
        }
        int element = index - users;
        HeartbeatRequest heartbeat = request.getHeartbeats(element);
        IdValidator.checkElement("heartbeats", element, ".user_id", heartbeat.getUserId());
        if (!heartbeat.getConnectionId().isEmpty()) {
            IdValidator.checkElement("heartbeats", element, ".connection_id", heartbeat.getConnectionId());
        }
        return new Heartbeat(heartbeat.getUserId(), heartbeat.getConnectionId());
    }

    private String userId(int index) {
        int users = request.getUserIdsCount();
        return index < users
                ? request.getUserIds(index)
                : request.getHeartbeats(index - users).getUserId();
    }
}
