package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fanout.ConflatingOutbox;
import io.flowhub.ephemeral.server.fanout.FanoutStream;
import io.flowhub.ephemeral.server.fanout.Hub;
import io.flowhub.ephemeral.server.fanout.ReadStep;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.TypingDraining;
import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingResynced;
import io.flowhub.ephemeral.v1.TypingStale;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.time.Duration;
import java.util.List;

/** One WatchTyping call: its requests and events. */
final class TypingStream extends FanoutStream<WatchedRoom, ReadStep, WatchTypingRequest, WatchTypingResponse> {

    TypingStream(Hub<WatchedRoom, ReadStep> hub, Outbound outbound) {
        super(hub, outbound, new ConflatingOutbox<>(new Events(), 1));
    }

    @Override
    protected List<String> added(WatchTypingRequest request) {
        return request.getAddRoomIdsList();
    }

    @Override
    protected List<String> removed(WatchTypingRequest request) {
        return request.getRemoveRoomIdsList();
    }

    @Override
    public WatchTypingResponse drainingEvent(Duration timeLeft) {
        return WatchTypingResponse.newBuilder()
                .setDraining(TypingDraining.newBuilder().setTimeLeft(ProtoTime.duration(timeLeft.toMillis())))
                .build();
    }

    private static final class Events implements ConflatingOutbox.Events<WatchedRoom, TypingList, WatchTypingResponse> {

        @Override
        public TypingList state(WatchedRoom room) {
            return TypingList.newBuilder()
                    .setRoomId(room.id())
                    .addAllUserIds(room.userIds())
                    .build();
        }

        @Override
        public WatchTypingResponse stale() {
            return WatchTypingResponse.newBuilder()
                    .setStale(TypingStale.getDefaultInstance())
                    .build();
        }

        @Override
        public WatchTypingResponse resynced() {
            return WatchTypingResponse.newBuilder()
                    .setResynced(TypingResynced.getDefaultInstance())
                    .build();
        }

        @Override
        public WatchTypingResponse snapshot(List<TypingList> lists) {
            return WatchTypingResponse.newBuilder().setTyping(lists.get(0)).build();
        }

        @Override
        public WatchTypingResponse change(List<TypingList> lists) {
            return snapshot(lists);
        }
    }
}
