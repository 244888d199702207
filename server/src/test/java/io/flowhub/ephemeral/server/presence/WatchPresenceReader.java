package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A WatchPresence stream and the events it received. */
final class WatchPresenceReader implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final StreamReader<WatchPresenceRequest, WatchPresenceResponse> reader;
    private final StreamObserver<WatchPresenceRequest> requests;

    /** One event about one user. */
    record UserEvent(EventCase kind, PresenceState state) {}

    WatchPresenceReader(Channel channel) {
        this(channel, StreamReader.eager());
    }

    WatchPresenceReader(Channel channel, StreamReader<WatchPresenceRequest, WatchPresenceResponse> reader) {
        this.reader = reader;
        this.requests = PresenceServiceGrpc.newStub(channel).watchPresence(reader);
    }

    StreamReader<WatchPresenceRequest, WatchPresenceResponse> reader() {
        return reader;
    }

    /** Adds the users in messages of a thousand. */
    WatchPresenceReader add(List<String> users) {
        for (int from = 0; from < users.size(); from += 1_000) {
            send(users.subList(from, Math.min(users.size(), from + 1_000)), List.of());
        }
        return this;
    }

    void send(List<String> added, List<String> removed) {
        requests.onNext(WatchPresenceRequest.newBuilder()
                .addAllAddUserIds(added)
                .addAllRemoveUserIds(removed)
                .build());
    }

    WatchPresenceReader awaitSnapshotOf(Collection<String> users) {
        Eventually.within(
                SOON, "a snapshot of the users", () -> latest().keySet().containsAll(users));
        return this;
    }

    /** Waits until this is the latest state of each user. */
    void await(Duration limit, boolean online, Collection<String> users) {
        Eventually.within(limit, (online ? "online: " : "offline: ") + users.size() + " users", () -> {
            Map<String, Boolean> latest = latest();
            return users.stream().allMatch(user -> Boolean.valueOf(online).equals(latest.get(user)));
        });
    }

    void await(boolean online, String user) {
        await(SOON, online, List.of(user));
    }

    /** Waits until each user had an event of this kind, whether it is the latest or not. */
    void awaitEvents(EventCase kind, Collection<String> users) {
        try {
            Eventually.within(
                    SOON,
                    "an event of each user",
                    () -> Set.copyOf(usersOf(kind)).containsAll(users));
        } catch (AssertionError e) {
            throw new AssertionError(kind + ": " + usersOf(kind).size() + " of " + users.size() + " users", e);
        }
    }

    void awaitMarker(Duration limit, EventCase marker) {
        reader.awaitFirst(limit, message -> message.getEventCase() == marker);
    }

    /** The received STALE and RESYNCED events. */
    List<EventCase> markers() {
        return reader.all().stream()
                .filter(message -> users(message).isEmpty())
                .map(WatchPresenceResponse::getEventCase)
                .toList();
    }

    Stream<UserEvent> events() {
        return reader.all().stream()
                .flatMap(message -> users(message).stream().map(state -> new UserEvent(message.getEventCase(), state)));
    }

    private static List<PresenceState> users(WatchPresenceResponse message) {
        return switch (message.getEventCase()) {
            case SNAPSHOT -> message.getSnapshot().getUsersList();
            case ONLINE -> message.getOnline().getUsersList();
            case OFFLINE -> message.getOffline().getUsersList();
            default -> List.of();
        };
    }

    List<UserEvent> events(String user) {
        return events().filter(event -> event.state().getUserId().equals(user)).toList();
    }

    List<EventCase> kinds(String user) {
        return events(user).stream().map(UserEvent::kind).toList();
    }

    /** The users of all events of this kind, with repetitions. */
    List<String> usersOf(EventCase kind) {
        return events().filter(event -> event.kind() == kind)
                .map(event -> event.state().getUserId())
                .toList();
    }

    /** The latest state of each user. */
    Map<String, Boolean> latest() {
        Map<String, Boolean> latest = new HashMap<>();
        events().forEach(event ->
                latest.put(event.state().getUserId(), event.state().getOnline()));
        return latest;
    }

    @Override
    public void close() {
        reader.cancel();
    }
}
