package io.flowhub.ephemeral.client;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** Every listener at once: notes what it is told, word by word, and throws or hangs if the test wants it. */
final class Told implements HeartbeatsListener, PresenceListener, TypingListener, SubscriptionListener {

    final Queue<String> all = new ConcurrentLinkedQueue<>();

    /** While set, every callback throws it after it was noted. */
    volatile boolean throwsAlways;

    /** While it is not zero, callbacks hang in it after they were noted. */
    volatile CountDownLatch hangs = new CountDownLatch(0);

    /** Without the comings and goings of connections. */
    List<String> news() {
        return all.stream().filter(said -> !said.endsWith("connected")).toList();
    }

    void await(String... news) throws InterruptedException {
        List<String> expected = List.of(news);
        try {
            Eventually.holds(() -> news().equals(expected));
        } catch (AssertionError e) {
            throw new AssertionError("told " + news() + ", expected " + expected, e);
        }
    }

    private void note(String said) {
        all.add(said);
        try {
            hangs.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (throwsAlways) {
            throw new IllegalStateException("as the test wants, after: " + said);
        }
    }

    @Override
    public void connected() {
        note("connected");
    }

    @Override
    public void disconnected(Throwable cause) {
        note("disconnected");
    }

    @Override
    public void stale() {
        note("stale");
    }

    @Override
    public void resynced() {
        note("resynced");
    }

    @Override
    public void cameOnline(String userId) {
        note("came online: " + userId);
    }

    @Override
    public void refused(String userId, ErrorReason reason, String message) {
        note("refused: " + userId + " " + reason + " " + message);
    }

    @Override
    public void online(String userId) {
        note("online: " + userId);
    }

    @Override
    public void offline(String userId) {
        note("offline: " + userId);
    }

    @Override
    public void typing(String roomId, Set<String> userIds) {
        note("typing: " + roomId + " " + userIds);
    }

    @Override
    public void message(String roomId, String senderId, ByteString payload) {
        note("message: " + roomId + " " + senderId + " " + payload.toStringUtf8());
    }

    @Override
    public void gap(Optional<String> roomId, OptionalLong lost) {
        note("gap: " + roomId.orElse("any") + " " + (lost.isPresent() ? String.valueOf(lost.getAsLong()) : "unknown"));
    }

    @Override
    public void subscribed(Set<String> roomIds) {
        note("subscribed: " + roomIds);
    }
}
