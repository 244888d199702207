package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import io.grpc.Channel;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A WatchPresence stream and the events it received. */
final class WatchPresenceReader extends StreamReader<WatchPresenceRequest, WatchPresenceResponse> {

    static final Duration SOON = Duration.ofSeconds(20);

    /** One event about one user. */
    record UserEvent(EventCase kind, PresenceState state) {}

    WatchPresenceReader(Channel channel, boolean stalls) {
        super(stalls);
        var unused = PresenceServiceGrpc.newStub(channel).watchPresence(this);
    }

    /** Adds at most a thousand users. */
    WatchPresenceReader add(Collection<String> users) {
        send(WatchPresenceRequest.newBuilder().addAllAddUserIds(users).build());
        return this;
    }

    WatchPresenceReader awaitSnapshotOf(Collection<String> users) {
        await(SOON, "a snapshot of the users", () -> latest().keySet().containsAll(users));
        return this;
    }

    /** Waits until this is the latest state of each user. */
    void await(Duration limit, boolean online, Collection<String> users) {
        await(limit, (online ? "online: " : "offline: ") + users.size() + " users", () -> {
            Map<String, Boolean> latest = latest();
            return users.stream().allMatch(user -> Boolean.valueOf(online).equals(latest.get(user)));
        });
    }

    void await(boolean online, String user) {
        await(SOON, online, List.of(user));
    }

    /** Waits until the user had so many events. */
    void awaitEvents(String user, int count) {
        await(SOON, count + " events of the user", () -> events(user).size() >= count);
    }

    void awaitMarker(EventCase marker) {
        awaitFirst(SOON, message -> message.getEventCase() == marker);
    }

    /** The received STALE and RESYNCED events. */
    List<EventCase> markers() {
        return only(message -> users(message).isEmpty()).stream()
                .map(WatchPresenceResponse::getEventCase)
                .toList();
    }

    Stream<UserEvent> events() {
        return all().stream()
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
        events().map(UserEvent::state).forEach(state -> latest.put(state.getUserId(), state.getOnline()));
        return latest;
    }
}
