package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.flowhub.ephemeral.v1.WatchTypingResponse.EventCase;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;

/** A WatchTyping stream and the events it received. */
final class WatchTypingReader extends StreamReader<WatchTypingRequest, WatchTypingResponse> {

    static final Duration SOON = Duration.ofSeconds(10);

    WatchTypingReader(Channel channel, boolean stalls) {
        super(stalls);
        var unused = TypingServiceGrpc.newStub(channel).watchTyping(this);
    }

    WatchTypingReader add(List<String> rooms) {
        send(WatchTypingRequest.newBuilder().addAllAddRoomIds(rooms).build());
        return this;
    }

    /** All lists received for a room, the oldest first. */
    List<List<String>> lists(String room) {
        return only(event -> event.getTyping().getRoomId().equals(room)).stream()
                .map(event -> List.copyOf(event.getTyping().getUserIdsList()))
                .toList();
    }

    /** The latest list of the room. */
    List<String> last(String room) {
        List<List<String>> lists = lists(room);
        return lists.get(lists.size() - 1);
    }

    /** Waits until this is the latest list of the room. */
    void await(String room, String... users) {
        await(
                SOON,
                "the list of room " + room + " is " + List.of(users),
                () -> !lists(room).isEmpty() && last(room).equals(List.of(users)));
    }

    /** Waits until the room was sent so many times. */
    void awaitLists(String room, int count) {
        await(SOON, count + " lists of room " + room, () -> lists(room).size() >= count);
    }

    void await(EventCase kind) {
        await(SOON, "a " + kind + " event", () -> kinds().contains(kind));
    }

    List<EventCase> kinds() {
        return all().stream().map(WatchTypingResponse::getEventCase).toList();
    }
}
