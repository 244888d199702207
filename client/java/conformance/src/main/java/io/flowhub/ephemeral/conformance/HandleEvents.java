package io.flowhub.ephemeral.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.MessageGap;
import io.flowhub.ephemeral.client.PresenceListener;
import io.flowhub.ephemeral.client.SubscriptionListener;
import io.flowhub.ephemeral.client.TypingListener;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.Base64;
import java.util.Collection;
import java.util.Set;

/** Sends what the listener of one handle receives as events. While it is paused, the thread of the callbacks waits. */
final class HandleEvents implements HeartbeatsListener, PresenceListener, TypingListener, SubscriptionListener {

    private final String handle;
    private final ConformanceDriver.Output output;
    private boolean isPaused;
    private boolean isClosed;

    HandleEvents(String handle, ConformanceDriver.Output output) {
        this.handle = handle;
        this.output = output;
    }

    synchronized void pause() {
        isPaused = true;
    }

    synchronized void resume() {
        isPaused = false;
        notifyAll();
    }

    synchronized void close() {
        isClosed = true;
        resume();
    }

    @Override
    public void online(String userId) {
        send(event("online", "user", userId));
    }

    @Override
    public void offline(String userId) {
        send(event("offline", "user", userId));
    }

    @Override
    public void typing(String roomId, Set<String> userIds) {
        JsonObject event = event("typing", "room", roomId);
        event.add("users", array(userIds));
        send(event);
    }

    @Override
    public void message(String roomId, String senderId, ByteString payload) {
        JsonObject event = event("message", "room", roomId);
        event.addProperty("sender", senderId);
        event.addProperty("payload", Base64.getEncoder().encodeToString(payload.toByteArray()));
        send(event);
    }

    @Override
    public void gap(MessageGap gap) {
        JsonObject event = event("gap", "room", gap.roomId().orElse(null));
        event.addProperty("missed", gap.lost().isPresent() ? gap.lost().getAsLong() : null);
        send(event);
    }

    @Override
    public void subscribed(Set<String> roomIds) {
        JsonObject event = event("subscribed", "handle", handle);
        event.add("rooms", array(roomIds));
        send(event);
    }

    @Override
    public void stale() {
        send(event("stale", "handle", handle));
    }

    @Override
    public void resynced() {
        send(event("resynced", "handle", handle));
    }

    @Override
    public void rejected(String userId, ErrorReason reason, String message) {
        JsonObject event = event("rejected", "user", userId);
        event.addProperty("reason", reason.name().replaceFirst("^ERROR_REASON_", ""));
        send(event);
    }

    @Override
    public void connected() {
        send(event("connected", "handle", handle));
    }

    @Override
    public void disconnected(Throwable cause) {
        send(event("disconnected", "cause", String.valueOf(cause)));
    }

    private JsonObject event(String kind, String name, String value) {
        JsonObject event = new JsonObject();
        event.addProperty("event", kind);
        event.addProperty("handle", handle);
        event.addProperty(name, value);
        return event;
    }

    private static JsonArray array(Collection<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    private synchronized void send(JsonObject event) {
        while (isPaused && !isClosed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        if (!isClosed) {
            output.accept(event);
        }
    }
}
