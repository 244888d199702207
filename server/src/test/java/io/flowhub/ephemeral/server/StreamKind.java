package io.flowhub.ephemeral.server;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What the streams of each feature have in common: topics, a first event for each, and an event for each change of one. */
enum StreamKind {
    PRESENCE(PresenceServiceGrpc.getWatchPresenceMethod()) {
        @Override
        String first(int changes) {
            return "snapshot: " + changed(changes);
        }

        @Override
        String changed(int number) {
            return number % 2 == 1 ? "online" : "offline";
        }

        @Override
        ListenableFuture<?> startChange(Channel channel, String topic, int number) {
            var stub = PresenceServiceGrpc.newFutureStub(channel);
            return number % 2 == 1
                    ? stub.heartbeat(
                            HeartbeatRequest.newBuilder().setUserId(topic).build())
                    : stub.setOffline(
                            SetOfflineRequest.newBuilder().setUserId(topic).build());
        }

        @Override
        Stream<Event> events(Message message) {
            WatchPresenceResponse event = (WatchPresenceResponse) message;
            return switch (event.getEventCase()) {
                case SNAPSHOT -> states("snapshot: ", event.getSnapshot().getUsersList());
                case ONLINE -> states("", event.getOnline().getUsersList());
                case OFFLINE -> states("", event.getOffline().getUsersList());
                default -> marker(event.getEventCase());
            };
        }

        private Stream<Event> states(String prefix, List<PresenceState> users) {
            return users.stream()
                    .map(user -> new Event(user.getUserId(), prefix + (user.getOnline() ? "online" : "offline")));
        }
    },

    TYPING(TypingServiceGrpc.getWatchTypingMethod()) {
        @Override
        String first(int changes) {
            return changed(changes);
        }

        @Override
        String changed(int number) {
            return number % 2 == 1 ? "[alice]" : "[]";
        }

        @Override
        ListenableFuture<?> startChange(Channel channel, String topic, int number) {
            return TypingServiceGrpc.newFutureStub(channel)
                    .setTyping(SetTypingRequest.newBuilder()
                            .setRoomId(topic)
                            .setUserId("alice")
                            .setTyping(number % 2 == 1)
                            .build());
        }

        @Override
        Stream<Event> events(Message message) {
            WatchTypingResponse event = (WatchTypingResponse) message;
            return event.hasTyping()
                    ? Stream.of(new Event(
                            event.getTyping().getRoomId(),
                            event.getTyping().getUserIdsList().toString()))
                    : marker(event.getEventCase());
        }
    },

    BROADCAST(BroadcastServiceGrpc.getSubscribeMethod()) {
        @Override
        String first(int changes) {
            return "subscribed";
        }

        @Override
        String changed(int number) {
            return "message of sender-" + number;
        }

        @Override
        ListenableFuture<?> startChange(Channel channel, String topic, int number) {
            return BroadcastServiceGrpc.newFutureStub(channel)
                    .publish(PublishRequest.newBuilder()
                            .setRoomId(topic)
                            .setSenderId("sender-" + number)
                            .build());
        }

        @Override
        Stream<Event> events(Message message) {
            SubscribeResponse event = (SubscribeResponse) message;
            return switch (event.getEventCase()) {
                case SUBSCRIBED ->
                    event.getSubscribed().getRoomIdsList().stream().map(room -> new Event(room, "subscribed"));
                case MESSAGE ->
                    Stream.of(new Event(
                            event.getMessage().getRoomId(),
                            "message of " + event.getMessage().getSenderId()));
                default -> marker(event.getEventCase());
            };
        }
    };

    /** What a stream received about a topic, or about none. */
    record Event(String topic, String what) {}

    private final String method;

    StreamKind(MethodDescriptor<?, ?> method) {
        this.method = method.getFullMethodName();
    }

    /** What a stream first receives about a topic that was changed so often. */
    abstract String first(int changes);

    /** What a stream receives when a topic is changed for this time. */
    abstract String changed(int number);

    abstract ListenableFuture<?> startChange(Channel channel, String topic, int number);

    abstract Stream<Event> events(Message message);

    private static Stream<Event> marker(Enum<?> event) {
        return Stream.of(new Event("", event.name().toLowerCase(Locale.ROOT)));
    }

    /** Changes a topic for the first, the second, ... time. */
    void change(Channel channel, String topic, int number) {
        Unchecked.call(() -> startChange(channel, topic, number).get(20, TimeUnit.SECONDS));
    }

    /** Whether Redis holds the state of a topic, which each stream receives at last; else there are only messages. */
    boolean hasState() {
        return this != BROADCAST;
    }

    Rpc rpc() {
        return RpcCatalog.streams().stream()
                .filter(rpc -> rpc.method().getFullMethodName().equals(method))
                .findFirst()
                .orElseThrow();
    }

    static List<Rpc> rpcs() {
        return Stream.of(values()).map(StreamKind::rpc).toList();
    }

    Message request(List<String> added, List<String> removed) {
        return request(rpc(), added, removed);
    }

    static Message request(Rpc rpc, List<String> added, List<String> removed) {
        Message.Builder request = rpc.validRequest("id").newBuilderForType();
        return request.setField(field(request, "add"), added)
                .setField(field(request, "remove"), removed)
                .build();
    }

    /** The field of the ids that a request adds or removes. */
    static FieldDescriptor field(MessageOrBuilder request, String prefix) {
        return request.getDescriptorForType().getFields().stream()
                .filter(field -> field.getName().matches(prefix + "_.*_ids"))
                .findFirst()
                .orElseThrow();
    }
}
