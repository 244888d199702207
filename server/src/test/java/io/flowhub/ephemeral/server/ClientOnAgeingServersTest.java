package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.client.Heartbeats;
import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.MessageGap;
import io.flowhub.ephemeral.client.PresenceListener;
import io.flowhub.ephemeral.client.PresenceWatch;
import io.flowhub.ephemeral.client.Subscription;
import io.flowhub.ephemeral.client.SubscriptionListener;
import io.flowhub.ephemeral.client.TypingListener;
import io.flowhub.ephemeral.client.TypingWatch;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerNames;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc.BroadcastServiceBlockingStub;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.GetPresenceRequest;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetSessionFlagRequest;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The Java client on two servers that end each stream and each connection at an age. For a longer run:
 * {@code -Dageing.seconds=60 -Dageing.age=5s}.
 */
@Tag("contract")
@Tag("latency")
class ClientOnAgeingServersTest {

    private static final int SECONDS = Integer.getInteger("ageing.seconds", 12);
    private static final String AGE = System.getProperty("ageing.age", "2s");
    private static final int MESSAGES_PER_SECOND = 100;
    private static final int SENDERS = 2;

    private final String[] settings = {
        "server.max_stream_age: " + AGE, "server.max_connection_age: " + AGE, "redis.timeout: 500ms"
    };
    private final TestServer first = TestServer.shared(settings);
    private final TestServer second = TestServer.shared(settings);
    private final ServerNames names = ServerNames.of(first.channel(), second.channel());
    private final OpenedCalls opened = new OpenedCalls();
    private final EphemeralClient client = connect(names, opened);
    private final String id = UniqueIds.next();

    private static EphemeralClient connect(ServerNames names, ClientInterceptor interceptor) {
        return EphemeralClient.builder(names.target())
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .intercept(interceptor)
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        first.close();
        second.close();
        names.close();
    }

    @Test
    void messagesOfEachSenderArriveOnceAndInOrder() throws Exception {
        Received received = new Received();
        try (Subscription subscription = client.subscribe(received)) {
            subscription.add(id);
            Eventually.soon("subscribed", () -> received.events.contains("subscribed"));
            int count = SECONDS * MESSAGES_PER_SECOND / SENDERS;
            CompletableFuture<List<String>> alice =
                    CompletableFuture.supplyAsync(() -> publish(first, "alice", 0, count));
            List<String> ofBob = publish(second, "bob", 0, count);
            List<String> ofAlice = alice.get(60, TimeUnit.SECONDS);
            Eventually.soon(
                    "the last messages",
                    () -> received.of("alice").containsAll(ofAlice)
                            && received.of("bob").containsAll(ofBob));

            assertThat(received.of("alice")).doesNotHaveDuplicates();
            assertThat(received.of("alice")).filteredOn(ofAlice::contains).containsExactlyElementsOf(ofAlice);
            assertThat(received.of("bob")).filteredOn(ofBob::contains).containsExactlyElementsOf(ofBob);
            assertThat(received.of("bob")).doesNotHaveDuplicates();
            assertThat(opened.count("Subscribe")).as("streams").isGreaterThan(2);
            if (ofAlice.size() + ofBob.size() == 2 * count) {
                assertThat(received.events).containsExactly("connected", "subscribed");
            }
        }
    }

    @Test
    void presenceAndTypingChangeOnlyWhenUsersDo() {
        Received received = new Received();
        try (Heartbeats heartbeats = client.heartbeats(new HeartbeatsListener() {});
                PresenceWatch presence = client.watchPresence(received);
                TypingWatch typing = client.watchTyping(received)) {
            heartbeats.add(id);
            Eventually.soon(
                    "online",
                    () -> client.presence()
                            .getPresence(GetPresenceRequest.newBuilder()
                                    .setUserId(id)
                                    .build())
                            .getOnline());
            presence.add(id);
            typing.add(id);
            Eventually.soon("both states", () -> received.events.containsAll(List.of("online", "typing []")));

            Eventually.within(
                    Duration.ofSeconds(SECONDS + 60L),
                    "each stream was replaced several times",
                    () -> Stream.of("StreamHeartbeats", "WatchPresence", "WatchTyping")
                            .allMatch(method -> opened.count(method) > 4));

            assertThat(received.events).containsExactlyInAnyOrder("connected", "connected", "online", "typing []");
        }
    }

    @Test
    void watchOf20000UsersIsHandedOverWithoutACallbackAndGoesOn() {
        List<String> users = UniqueIds.next(20_000);
        Received received = new Received();
        try (PresenceWatch watch = client.watchPresence(received)) {
            watch.add(users);
            Eventually.within(Duration.ofSeconds(20), "all states", () -> received.events.size() == 1 + users.size());
            Eventually.within(Duration.ofSeconds(30), "hand-overs", () -> opened.count("WatchPresence") > 3);
            for (int i = 0; i < users.size(); i += users.size() / 4) {
                heartbeat(first, users.get(i));
            }
            Eventually.soon("changes", () -> received.events.size() == 5 + users.size());
            assertThat(received.events).filteredOn("offline"::equals).hasSameSizeAs(users);
            assertThat(received.events).filteredOn("online"::equals).hasSize(4);
        }
    }

    @Test
    @Tag("fault")
    void serverKilledDuringAHandOverLosesOnlyWhatItDidNotDeliver() throws Exception {
        Received messages = new Received();
        Received users = new Received();
        Received rooms = new Received();
        try (ServerProcess killed =
                        ServerProcess.start("redis.url: " + TestRedis.url() + "\n" + String.join("\n", settings));
                ServerNames both = ServerNames.of(first.channel(), killed.channel());
                EphemeralClient watching = connect(both, opened)) {
            killed.awaitReady();
            heartbeat(first, id);
            Stream.of(watching.subscribe(messages), watching.watchPresence(users), watching.watchTyping(rooms))
                    .forEach(watch -> watch.add(id)); // they end with the client
            Eventually.soon(
                    "the first events",
                    () -> Stream.of(messages, users, rooms).allMatch(each -> each.events.size() >= 2));
            opened.killDuringAHandOver(killed);
            List<String> ofAlice = new ArrayList<>();
            do {
                ofAlice.addAll(publish(first, "alice", ofAlice.size(), 50));
            } while (killed.handle().isAlive() && ofAlice.size() < 1_000);
            Eventually.within(Duration.ofSeconds(20), "resynced", () -> messages.events.contains("resynced"));
            List<String> ofBob = publish(first, "bob", 0, 10);
            PresenceServiceGrpc.newBlockingStub(first.channel())
                    .setOffline(SetOfflineRequest.newBuilder().setUserId(id).build());
            TypingServiceGrpc.newBlockingStub(first.channel())
                    .setTyping(SetTypingRequest.newBuilder()
                            .setRoomId(id)
                            .setUserId("bob")
                            .setTyping(true)
                            .build());

            Eventually.soon("the last messages", () -> messages.of("bob").equals(ofBob));
            List<String> lost = new ArrayList<>(ofAlice);
            lost.removeAll(messages.of("alice"));
            assertThat(Collections.indexOfSubList(ofAlice, lost))
                    .as("one hole: %s", lost)
                    .isNotNegative();
            assertThat(messages.of("alice"))
                    .doesNotHaveDuplicates()
                    .containsExactlyElementsOf(ofAlice.stream()
                            .filter(each -> !lost.contains(each))
                            .toList());
            assertThat(messages.events)
                    .filteredOn("gap"::equals)
                    .as("for %s", lost)
                    .hasSize(1);
            Eventually.soon("offline", () -> users.states().equals(List.of("online", "offline")));
            List<String> lists = List.of("typing []", "typing [bob]", "typing []"); // the indicator expires
            Eventually.soon("the lists of the room", () -> rooms.states().equals(lists));
        }
    }

    private static void heartbeat(TestServer server, String user) {
        var unused = PresenceServiceGrpc.newBlockingStub(server.channel())
                .heartbeat(HeartbeatRequest.newBuilder().setUserId(user).build());
    }

    @Test
    void noCallFails() throws Exception {
        SetSessionFlagRequest notRetried = SetSessionFlagRequest.newBuilder()
                .setUserId(id)
                .setFlag("seen")
                .setTtl(Durations.fromSeconds(300))
                .build();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        AtomicInteger calls = new AtomicInteger();
        CompletableFuture<?>[] callers = IntStream.range(0, 4)
                .mapToObj(caller -> CompletableFuture.runAsync(() -> {
                    while (System.nanoTime() - end < 0) {
                        if (isAnswered(() -> client.sessions().setSessionFlag(notRetried))) {
                            calls.incrementAndGet();
                        }
                    }
                }))
                .toArray(CompletableFuture[]::new);

        CompletableFuture.allOf(callers).get(SECONDS + 60L, TimeUnit.SECONDS);
        assertThat(calls).hasPositiveValue();
    }

    /** On a busy machine Redis may respond too late, which has nothing to do with the ages; any other failure is thrown. */
    private static boolean isAnswered(Runnable call) {
        try {
            call.run();
            return true;
        } catch (StatusRuntimeException e) {
            if (EphemeralErrors.reason(e).equals(Optional.of(ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE))) {
                return false;
            }
            throw e;
        }
    }

    /** Returns the messages that were acknowledged, each before the next was published. */
    private List<String> publish(TestServer server, String sender, int from, int count) {
        BroadcastServiceBlockingStub stub = BroadcastServiceGrpc.newBlockingStub(server.channel());
        long interval = TimeUnit.SECONDS.toNanos(1) * SENDERS / MESSAGES_PER_SECOND;
        long start = System.nanoTime();
        List<String> acknowledged = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            LockSupport.parkNanos(start + i * interval - System.nanoTime());
            String text = String.valueOf(from + i);
            PublishRequest request = PublishRequest.newBuilder()
                    .setRoomId(id)
                    .setSenderId(sender)
                    .setPayload(ByteString.copyFromUtf8(text))
                    .build();
            if (isAnswered(() -> stub.publish(request))) {
                acknowledged.add(text);
            }
        }
        return acknowledged;
    }

    /** Counts the calls of each method. */
    private static final class OpenedCalls implements ClientInterceptor {

        private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
        private volatile @Nullable ServerProcess killed;
        private volatile String serverOfSubscription = "";

        /** As soon as the subscription is at this server and opens its next stream. */
        void killDuringAHandOver(ServerProcess server) {
            killed = server;
        }

        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
                MethodDescriptor<Q, R> method, CallOptions options, Channel channel) {
            counter(method.getBareMethodName()).incrementAndGet();
            ClientCall<Q, R> call = channel.newCall(method, options);
            if (!"Subscribe".equals(method.getBareMethodName())) {
                return call;
            }
            ServerProcess server = killed;
            if (server != null && serverOfSubscription.endsWith(server.channel().authority())) {
                server.kill();
            }
            return new SimpleForwardingClientCall<>(call) {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onHeaders(Metadata received) {
                                    serverOfSubscription =
                                            String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
                                    super.onHeaders(received);
                                }
                            },
                            headers);
                }
            };
        }

        int count(String method) {
            return counter(method).get();
        }

        private AtomicInteger counter(@Nullable String method) {
            return counts.computeIfAbsent(String.valueOf(method), name -> new AtomicInteger());
        }
    }

    private static final class Received implements SubscriptionListener, PresenceListener, TypingListener {

        final Queue<String> events = new ConcurrentLinkedQueue<>();
        private final Map<String, List<String>> payloads = new ConcurrentHashMap<>();

        /** The states of users and rooms, in order. */
        List<String> states() {
            return events.stream()
                    .filter(event -> event.matches("online|offline|typing .*"))
                    .toList();
        }

        List<String> of(String sender) {
            return payloads.computeIfAbsent(sender, id -> new CopyOnWriteArrayList<>());
        }

        @Override
        public void message(String roomId, String senderId, ByteString payload) {
            of(senderId).add(payload.toStringUtf8());
        }

        @Override
        public void subscribed(Set<String> roomIds) {
            events.add("subscribed");
        }

        @Override
        public void online(String userId) {
            events.add("online");
        }

        @Override
        public void offline(String userId) {
            events.add("offline");
        }

        @Override
        public void typing(String roomId, Set<String> userIds) {
            events.add("typing " + userIds);
        }

        @Override
        public void gap(MessageGap gap) {
            events.add("gap");
        }

        @Override
        public void connected() {
            events.add("connected");
        }

        @Override
        public void disconnected(Throwable cause) {
            events.add("disconnected " + cause);
        }

        @Override
        public void stale() {
            events.add("stale");
        }

        @Override
        public void resynced() {
            events.add("resynced");
        }
    }
}
