package io.flowhub.ephemeral.examples.chat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.Heartbeats;
import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.MessageGap;
import io.flowhub.ephemeral.client.PresenceListener;
import io.flowhub.ephemeral.client.PresenceWatch;
import io.flowhub.ephemeral.client.Subscription;
import io.flowhub.ephemeral.client.SubscriptionListener;
import io.flowhub.ephemeral.client.TypingListener;
import io.flowhub.ephemeral.client.TypingWatch;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The rooms of one gateway. Gateways share presence, typing and messages through Ephemeral. A production chat reads the
 * members of a room from its database; here gateways ask each other ({@code list}) and reply for their guests
 * ({@code here}).
 */
final class ChatRooms implements PresenceListener, TypingListener, SubscriptionListener, HeartbeatsListener {

    private static final String GATEWAY = "gateway";
    private static final String TEXT = "text ";

    private final EphemeralClient client;
    private final Heartbeats heartbeats;
    private final PresenceWatch presence;
    private final TypingWatch typing;
    private final Subscription messages;

    private final Map<String, ChatRoom> rooms = new HashMap<>();
    private final Set<String> online = new HashSet<>();

    /** How many of the three watches are stale. */
    private int staleWatches;

    private long staleSince;

    ChatRooms(EphemeralClient client) {
        this.client = client;
        this.heartbeats = client.heartbeats(this);
        this.presence = client.watchPresence(this);
        this.typing = client.watchTyping(this);
        this.messages = client.subscribe(this);
    }

    synchronized void enter(ChatGuest guest) {
        heartbeats.add(guest.name(), guest.connectionId());
        ChatRoom room = rooms.get(guest.room());
        if (room == null) {
            room = new ChatRoom();
            rooms.put(guest.room(), room);
            messages.add(guest.room());
            typing.add(guest.room());
        }
        room.guests().add(guest);
        room.names().stream().filter(online::contains).forEach(name -> guest.send("online " + name));
        room.sendTyping(guest);
        if (staleWatches > 0) {
            guest.send("stale");
        }
        publish(guest.room(), guest.name(), "here");
    }

    synchronized void leave(ChatGuest guest) {
        heartbeats.remove(guest.name(), guest.connectionId());
        ChatRoom room = rooms.get(guest.room());
        if (room != null && room.guests().remove(guest) && room.guests().isEmpty()) {
            rooms.remove(guest.room());
            messages.remove(guest.room());
            typing.remove(guest.room());
            room.names().forEach(this::forgetUnlessElsewhere);
        }
    }

    void publishText(ChatGuest guest, String text) {
        ListenableFuture<PublishResponse> published = publish(guest.room(), guest.name(), TEXT + text);
        published.addListener(
                () -> {
                    if (!isSuccessful(published)) {
                        guest.send("undelivered " + text);
                    }
                },
                Runnable::run);
    }

    void setTyping(ChatGuest guest, boolean isTyping) {
        var unused = client.typingFuture()
                .setTyping(SetTypingRequest.newBuilder()
                        .setRoomId(guest.room())
                        .setUserId(guest.name())
                        .setTyping(isTyping)
                        .build());
    }

    /** From here on this gateway receives the replies of the others, so it can ask for their guests. */
    @Override
    public void subscribed(Set<String> roomIds) {
        roomIds.forEach(roomId -> publish(roomId, GATEWAY, "list"));
    }

    @Override
    public synchronized void message(String roomId, String senderId, ByteString payload) {
        ChatRoom room = rooms.get(roomId);
        if (room == null) {
            return;
        }
        String text = payload.toStringUtf8();
        if (text.startsWith(TEXT)) {
            room.send("message " + senderId + " " + text.substring(TEXT.length()));
        } else if (text.equals("list")) {
            room.guests().forEach(guest -> publish(roomId, guest.name(), "here"));
        } else if (room.names().add(senderId)) {
            presence.add(senderId);
            if (online.contains(senderId)) {
                room.send("online " + senderId);
            }
        }
    }

    @Override
    public synchronized void gap(MessageGap gap) {
        sendToAll("gap");
    }

    @Override
    public synchronized void online(String userId) {
        online.add(userId);
        sendToRoomsOf(userId, "online " + userId);
    }

    @Override
    public synchronized void offline(String userId) {
        online.remove(userId);
        sendToRoomsOf(userId, "offline " + userId);
    }

    @Override
    public synchronized void typing(String roomId, Set<String> userIds) {
        ChatRoom room = rooms.get(roomId);
        if (room != null) {
            room.typing().clear();
            room.typing().addAll(userIds);
            room.guests().forEach(room::sendTyping);
        }
    }

    /** Called by each of the three watches, because each has its own stream: an outage begins with the first. */
    @Override
    public synchronized void stale() {
        if (staleWatches++ == 0) {
            staleSince = System.nanoTime();
            System.out.println("Ephemeral is unavailable");
            sendToAll("stale");
        }
    }

    /** An outage ends with the last. */
    @Override
    public synchronized void resynced() {
        if (--staleWatches == 0) {
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - staleSince);
            System.out.printf("Ephemeral is available again after %d s%n", seconds);
            sendToAll("resynced");
        }
    }

    private void sendToRoomsOf(String name, String line) {
        rooms.values().stream().filter(room -> room.names().contains(name)).forEach(room -> room.send(line));
    }

    private void sendToAll(String line) {
        rooms.values().forEach(room -> room.send(line));
    }

    private void forgetUnlessElsewhere(String name) {
        if (rooms.values().stream().noneMatch(room -> room.names().contains(name))) {
            presence.remove(name);
            online.remove(name);
        }
    }

    private static boolean isSuccessful(ListenableFuture<?> done) {
        try {
            done.get();
            return true;
        } catch (ExecutionException | InterruptedException e) {
            return false;
        }
    }

    private ListenableFuture<PublishResponse> publish(String roomId, String senderId, String text) {
        return client.broadcastFuture()
                .publish(PublishRequest.newBuilder()
                        .setRoomId(roomId)
                        .setSenderId(senderId)
                        .setPayload(ByteString.copyFromUtf8(text))
                        .build());
    }
}
