package io.flowhub.ephemeral.server.typing;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.TypingServiceGrpc.TypingServiceBlockingStub;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.params.SetParams;

/** Calls of TypingService through one server. */
record TypingCalls(Channel channel) {

    static final SetParams FOR_A_MINUTE = SetParams.setParams().px(60_000);

    static String key(String room, String user) {
        return "typing:" + room + ":" + user;
    }

    static String index(String room) {
        return "{typing:" + room + "}:users";
    }

    static SetTypingRequest request(String room, String user) {
        return SetTypingRequest.newBuilder().setRoomId(room).setUserId(user).build();
    }

    private TypingServiceBlockingStub stub() {
        return TypingServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private long set(SetTypingRequest request) {
        return Durations.toMillis(stub().setTyping(request).getExpiresIn());
    }

    /** Returns after how many milliseconds the indicator expires. */
    long start(String room, String user) {
        return set(request(room, user).toBuilder().setTyping(true).build());
    }

    /** Starts without waiting for the response. */
    void startAsync(String room, String user) {
        var unused = TypingServiceGrpc.newFutureStub(channel)
                .setTyping(request(room, user).toBuilder().setTyping(true).build());
    }

    long stop(String room, String user) {
        return set(request(room, user));
    }

    List<String> list(String room) {
        var request = ListTypingRequest.newBuilder().setRoomId(room).build();
        return stub().listTyping(request).getUserIdsList();
    }

    WatchTypingReader watch(String... rooms) {
        return new WatchTypingReader(channel, false).add(List.of(rooms));
    }
}
