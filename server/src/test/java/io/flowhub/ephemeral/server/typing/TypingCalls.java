package io.flowhub.ephemeral.server.typing;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.SetTypingResponse;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Calls of TypingService through one server. */
record TypingCalls(Channel channel) {

    static String key(String room, String user) {
        return "typing:" + room + ":" + user;
    }

    static String index(String room) {
        return "{typing:" + room + "}:users";
    }

    private static SetTypingRequest request(String room, String user, boolean typing) {
        return SetTypingRequest.newBuilder()
                .setRoomId(room)
                .setUserId(user)
                .setTyping(typing)
                .build();
    }

    private Duration set(String room, String user, boolean typing) {
        return TypingServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .setTyping(request(room, user, typing))
                .getExpiresIn();
    }

    Duration start(String room, String user) {
        return set(room, user, true);
    }

    Future<SetTypingResponse> startSoon(String room, String user) {
        return TypingServiceGrpc.newFutureStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .setTyping(request(room, user, true));
    }

    Duration stop(String room, String user) {
        return set(room, user, false);
    }

    List<String> list(String room) {
        return TypingServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .listTyping(ListTypingRequest.newBuilder().setRoomId(room).build())
                .getUserIdsList();
    }

    WatchTypingReader watch(String... rooms) {
        return WatchTypingReader.eager(channel).add(rooms);
    }
}
