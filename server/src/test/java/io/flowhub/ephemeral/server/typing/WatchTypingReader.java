package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.flowhub.ephemeral.v1.WatchTypingResponse.EventCase;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;

/** A WatchTyping stream and the events it received. */
record WatchTypingReader(
        StreamReader<WatchTypingRequest, WatchTypingResponse> reader, StreamObserver<WatchTypingRequest> writer)
        implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(10);

    static WatchTypingReader eager(Channel channel) {
        return open(channel, StreamReader.eager());
    }

    /** Reads nothing until {@link StreamReader#read}. */
    static WatchTypingReader stalled(Channel channel) {
        return open(channel, StreamReader.stalled());
    }

    private static WatchTypingReader open(
            Channel channel, StreamReader<WatchTypingRequest, WatchTypingResponse> reader) {
        return new WatchTypingReader(reader, TypingServiceGrpc.newStub(channel).watchTyping(reader));
    }

    WatchTypingReader add(String... rooms) {
        writer.onNext(
                WatchTypingRequest.newBuilder().addAllAddRoomIds(List.of(rooms)).build());
        return this;
    }

    WatchTypingReader remove(String... rooms) {
        writer.onNext(WatchTypingRequest.newBuilder()
                .addAllRemoveRoomIds(List.of(rooms))
                .build());
        return this;
    }

    /** All lists received for a room, the oldest first. */
    List<List<String>> lists(String room) {
        return reader.all().stream()
                .filter(event -> event.getTyping().getRoomId().equals(room))
                .map(event -> List.copyOf(event.getTyping().getUserIdsList()))
                .toList();
    }

    /** Waits until this is the latest list of the room. Returns how long it took. */
    Duration await(String room, String... users) {
        try {
            return Eventually.within(SOON, "the list of room " + room + " is " + List.of(users), () -> {
                List<List<String>> lists = lists(room);
                return !lists.isEmpty() && lists.get(lists.size() - 1).equals(List.of(users));
            });
        } catch (AssertionError e) {
            throw new AssertionError("received: " + reader.all(), e);
        }
    }

    void await(EventCase kind) {
        Eventually.within(SOON, "a " + kind + " event", () -> kinds().contains(kind));
    }

    List<EventCase> kinds() {
        return reader.all().stream().map(WatchTypingResponse::getEventCase).toList();
    }

    @Override
    public void close() {
        reader.cancel();
    }
}
