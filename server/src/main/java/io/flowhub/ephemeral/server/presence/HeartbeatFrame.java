package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.ItemErrors;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A frame of heartbeats on its way: each by itself, one answer for all. */
final class HeartbeatFrame {

    static final int MAX_BEATS = 1_000;

    /** So many leave in one script call: Redis is at it for a third of a millisecond, and does nothing else. */
    private static final int MAX_TOGETHER = 500;

    private static final int WHOLE_FRAME = -1;

    /** Two heartbeats may be lost before a user is offline. */
    private static final int BEATS_A_TTL = 3;

    private final StreamHeartbeatsRequest request;
    private final StreamHeartbeatsResponse.Builder response;
    private final StreamHandler.Outbound outbound;
    private final ItemErrors errors = new ItemErrors(PresenceServiceGrpc.getStreamHeartbeatsMethod());

    /** How many are not answered yet, and 1 while they are still being sent. */
    private final AtomicInteger open = new AtomicInteger();

    private volatile boolean done;

    HeartbeatFrame(StreamHeartbeatsRequest request, Duration ttl, StreamHandler.Outbound outbound) {
        this.request = request;
        this.outbound = outbound;
        this.response = StreamHeartbeatsResponse.newBuilder()
                .setSequence(request.getSequence())
                .setExpiresIn(ProtoTime.duration(ttl.toMillis()))
                .setNextIn(ProtoTime.duration(ttl.dividedBy(BEATS_A_TTL).toMillis()));
        if (size() < 1 || size() > MAX_BEATS) {
            reject(
                    List.of(WHOLE_FRAME),
                    new InvalidFieldException(
                            "user_ids",
                            size() + " heartbeats",
                            "1 to " + MAX_BEATS + " a frame, with those of heartbeats"));
            done = true;
        }
    }

    int size() {
        return request.getUserIdsCount() + request.getHeartbeatsCount();
    }

    /** Whether the frame was rejected as a whole. */
    boolean isRejected() {
        return done;
    }

    boolean isDone() {
        return done;
    }

    /** @param finished is run when all is answered */
    void send(PresenceStore beats, Runnable finished) {
        open.set(size() + 1);
        List<Integer> together = new ArrayList<>(size());
        for (int i = 0; i < size(); i++) {
            try {
                Heartbeat beat = beat(i);
                if (beats.goesWithOthers(beat)) {
                    together.add(i);
                } else {
                    answerLater(i, beats.beat(beat), finished);
                }
            } catch (RuntimeException e) { // usually an invalid id; the other heartbeats are accepted
                reject(List.of(i), e);
                finish(1, finished);
            }
        }
        for (int from = 0; from < together.size(); from += MAX_TOGETHER) {
            int to = Math.min(from + MAX_TOGETHER, together.size());
            sendTogether(together.subList(from, to), beats, finished);
        }
        finish(1, finished);
    }

    private void sendTogether(List<Integer> indexes, PresenceStore beats, Runnable finished) {
        List<String> users = indexes.stream().map(this::userId).toList();
        Futures.ignore(beats.prolong(users).handle((offline, failure) -> {
            if (failure != null) {
                reject(indexes, failure);
                finish(indexes.size(), finished);
            } else {
                finish(indexes.size() - offline.size(), finished);
                offline.forEach(i -> answerLater(indexes.get(i), beats.comeOnline(users.get(i)), finished));
            }
            return true;
        }));
    }

    private void answerLater(int index, CompletableFuture<Boolean> beat, Runnable finished) {
        Futures.ignore(beat.handle((cameOnline, failure) -> {
            answered(index, cameOnline, failure);
            finish(1, finished);
            return true;
        }));
    }

    private String userId(int index) {
        int users = request.getUserIdsCount();
        return index < users
                ? request.getUserIds(index)
                : request.getHeartbeats(index - users).getUserId();
    }

    /** Checks the ids of a heartbeat. */
    private Heartbeat beat(int index) {
        int users = request.getUserIdsCount();
        if (index < users) {
            return Heartbeat.of("user_ids", request.getUserIds(index), "", "");
        }
        HeartbeatRequest beat = request.getHeartbeats(index - users);
        return Heartbeat.of("user_id", beat.getUserId(), "connection_id", beat.getConnectionId());
    }

    private void answered(int index, @Nullable Boolean cameOnline, @Nullable Throwable failure) {
        if (failure != null) {
            reject(List.of(index), failure);
        } else if (Boolean.TRUE.equals(cameOnline)) {
            synchronized (response) {
                response.addCameOnline(userId(index));
            }
        }
    }

    /** Rejects heartbeats that failed together. Reason and message are found once: in an outage whole frames fail. */
    void reject(List<Integer> indexes, Throwable failure) {
        RejectedHeartbeat.Builder rejected = RejectedHeartbeat.newBuilder()
                .setErrorReason(errors.reason(failure).name())
                .setMessage(StatusMapper.message(failure));
        synchronized (response) {
            indexes.forEach(index -> response.addRejected(rejected.setIndex(index)));
        }
    }

    private void finish(int beats, Runnable finished) {
        if (open.addAndGet(-beats) == 0) {
            done = true;
            outbound.signal();
            finished.run();
        }
    }

    StreamHeartbeatsResponse response() {
        synchronized (response) {
            return response.build();
        }
    }
}
