package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.rpc.ItemErrors;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.time.Duration;
import java.util.List;

/** The response to one frame of heartbeats, built as its heartbeats complete. Thread-safe. */
final class FrameResponse {

    private static final int WHOLE_FRAME = -1;

    /** Two heartbeats may be lost before a user goes offline. */
    private static final int HEARTBEATS_PER_TTL = 3;

    private final ItemErrors errors = new ItemErrors(PresenceServiceGrpc.getStreamHeartbeatsMethod());
    private final StreamHeartbeatsResponse.Builder response;

    FrameResponse(long sequence, Duration ttl) {
        this.response = StreamHeartbeatsResponse.newBuilder()
                .setSequence(sequence)
                .setExpiresIn(ProtoTime.duration(ttl.toMillis()))
                .setNextIn(ProtoTime.duration(ttl.dividedBy(HEARTBEATS_PER_TTL).toMillis()));
    }

    void addCameOnline(String userId) {
        synchronized (response) {
            response.addCameOnline(userId);
        }
    }

    void rejectFrame(Throwable failure) {
        reject(List.of(WHOLE_FRAME), failure);
    }

    /** Rejects heartbeats that failed together. The error is mapped once: in an outage whole frames fail. */
    void reject(List<Integer> indexes, Throwable failure) {
        RejectedHeartbeat.Builder rejected = RejectedHeartbeat.newBuilder()
                .setErrorReason(errors.reason(failure, indexes.size()).name())
                .setMessage(StatusMapper.message(failure));
        synchronized (response) {
            indexes.forEach(index -> response.addRejected(rejected.setIndex(index)));
        }
    }

    StreamHeartbeatsResponse build() {
        synchronized (response) {
            return response.build();
        }
    }
}
