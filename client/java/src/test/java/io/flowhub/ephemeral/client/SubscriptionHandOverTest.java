package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.Statuses;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server announces the end of a stream, and the next stream takes over. */
@Tag("quick")
class SubscriptionHandOverTest extends WithFakeServer {

    private static final String DRAINING = "draining { time_left { seconds: 40 } }";
    private static final String GAP = "gap any room: unknown number of messages lost";
    private static final String SUBSCRIBED_KITCHEN = "subscribed { room_ids: 'kitchen' }";

    private final Subscription subscription = client.subscribe(callbacks.as(SubscriptionListener.class));
    private FakeServerStream<?, ?> old;
    private FakeServerStream<?, ?> next;

    SubscriptionHandOverTest() throws Exception {
        old = server.subscriptions.await();
        next = old;
        subscription.add("kitchen");
        old.await("add_room_ids: 'kitchen'");
        callbacks.await("subscribed [kitchen]");
        callbacks.all.clear();
    }

    @Test
    void messagesOnBothStreamsArriveOnceInOrderAndWithoutAnyOtherCallback() throws Exception {
        old.send(message("1"), DRAINING);
        openNext();
        old.send(message("2"));
        halfCloseOld();
        next.send(message("2"), message("3"), message("4"), message("5"));
        old.send(message("3"), message("4"));
        callbacks.await(delivered("1", "2", "3", "4"));

        old.finish();
        next.send(message("6"));

        callbacks.await(delivered("1", "2", "3", "4", "5", "6"));
        assertThat(callbacks.all).containsExactlyElementsOf(callbacks.events());
    }

    @Test
    void oldStreamGoesOnUntilTheNextOneHasEveryRoom() throws Exception {
        subscription.add("hall");
        callbacks.await("subscribed [hall]");
        callbacks.all.clear();
        server.subscriptions.response = change -> null;
        old.send(DRAINING);
        next = server.subscriptions.await();
        next.await("add_room_ids: ['kitchen', 'hall']");
        next.send("stale {}", SUBSCRIBED_KITCHEN, message("covered by the old stream"), "gap {}");
        next.send("subscribed { room_ids: 'hall' }");
        old.send(message("1"));
        callbacks.await("message kitchen alice 1");
        assertThat(old.isHalfClosed).isFalse();

        next.send("resynced {}");

        halfCloseOld();
        old.finish();
        next.send(message("2"));
        callbacks.await(delivered("1", "2"));
    }

    @Test
    void brokenOldStreamIsAGapIfTheNextOneDoesNotHaveEveryRoom() throws Exception {
        server.subscriptions.response = change -> null;
        old.send(DRAINING);
        openNext();
        old.fail(Statuses.unavailable());
        callbacks.await("stale");
        next.send(SUBSCRIBED_KITCHEN, message("1"));

        callbacks.await("stale", GAP, "subscribed [kitchen]", "resynced", "message kitchen alice 1");
    }

    @Test
    void brokenOldStreamIsAGapIfItsLastMessagesMayBeLost() throws Exception {
        old.send(DRAINING);
        openNext();
        halfCloseOld();
        next.send(message("1"));
        old.fail(Statuses.unavailable());

        awaitAndResynced("stale", GAP, "subscribed [kitchen]", "message kitchen alice 1");
        assertThat(callbacks.all).startsWith("disconnected", "stale", "connected", GAP);
    }

    @Test
    void oldStreamThatDoesNotEndIsCancelled() throws Exception {
        old.send("draining {}");
        openNext();
        halfCloseOld();
        next.send(message("1"));

        Await.until("the end of the old stream", () -> old.hasEnded);
        awaitAndResynced("stale", GAP, "subscribed [kitchen]", "message kitchen alice 1");
    }

    @Test
    void roomsAddedAndRemovedReachBothStreamsAndThenTheNextOne() throws Exception {
        server.subscriptions.response = change -> null;
        old.send(DRAINING);
        openNext();
        subscription.add("hall");
        old.await("add_room_ids: 'hall'");
        next.await("add_room_ids: 'hall'");
        old.send("subscribed { room_ids: 'hall' }");
        callbacks.await("subscribed [hall]");
        next.send(SUBSCRIBED_KITCHEN, "subscribed { room_ids: 'hall' }");
        halfCloseOld();

        subscription.add("cellar");
        next.await("add_room_ids: 'cellar'");
        subscription.remove("kitchen");
        next.await("remove_room_ids: 'kitchen'");
        next.send("subscribed { room_ids: 'cellar' }", "message { room_id: 'cellar' message_id: '2' payload: '2' }");
        old.send(message("of a removed room"), "message { room_id: 'hall' message_id: '1' payload: '1' }");
        callbacks.await("subscribed [hall]", "message hall  1");
        old.finish();

        callbacks.await("subscribed [hall]", "message hall  1", "subscribed [cellar]", "message cellar  2");
        assertThat(old.isQuiet()).isTrue();
    }

    @Test
    void roomsAddedWithoutAPauseDoNotDelayTheHandOver() throws Exception {
        server.subscriptions.response = change -> null;
        old.send(DRAINING);
        openNext();
        subscription.add("hall");
        next.await("add_room_ids: 'hall'");
        next.send(SUBSCRIBED_KITCHEN);
        old.send(message("1"));
        callbacks.await("message kitchen alice 1");
        assertThat(old.isHalfClosed)
                .as("the old stream may have the hall already")
                .isFalse();
        subscription.add("cellar");
        next.await("add_room_ids: 'cellar'");

        next.send("subscribed { room_ids: 'hall' }");

        halfCloseOld();
    }

    @Test
    void nextStreamThatFailsIsOpenedAgainWhileTheOldOneGoesOn() throws Exception {
        server.subscriptions.response = change -> null;
        old.send(DRAINING);
        openNext();
        next.fail(Statuses.unavailable());
        openNext();
        next.send(SUBSCRIBED_KITCHEN.replace("kitchen", "unknown"));
        next.fail(Statuses.unavailable());
        openNext();
        old.send(message("1"));
        next.send(SUBSCRIBED_KITCHEN);
        halfCloseOld();
        old.finish();
        next.send(message("2"));

        callbacks.await(delivered("1", "2"));
        assertThat(callbacks.all).containsExactlyElementsOf(callbacks.events());
    }

    @Test
    void nextStreamThatBreaksBeforeTheOldOneEndsIsAGapAfterTheMessagesOfBoth() throws Exception {
        old.send(DRAINING);
        openNext();
        halfCloseOld();
        next.send(message("2"));
        next.fail(Statuses.unavailable());
        openNext();
        next.send(message("3"));
        old.send(message("1"));
        callbacks.await("message kitchen alice 1");
        old.finish();

        awaitAndResynced(
                "message kitchen alice 1",
                "message kitchen alice 2",
                "stale",
                GAP,
                "subscribed [kitchen]",
                "message kitchen alice 3");
    }

    @Test
    void streamThatIsToEndDuringAHandOverIsReplacedAfterIt() throws Exception {
        old.send(DRAINING);
        openNext();
        next.send(DRAINING);
        halfCloseOld();
        old.send(DRAINING); // Repeated.
        old.finish();

        FakeServerStream<?, ?> second = next;
        openNext();
        Await.until("a half-closed second stream", () -> second.isHalfClosed);
        second.send(message("1"));
        second.finish();
        next.send(message("2"));
        callbacks.await(delivered("1", "2"));
        assertThat(callbacks.all).containsExactlyElementsOf(callbacks.events());
    }

    @Test
    void streamsThatAreAllToEndAtOnceAreReplacedWithPauses() throws Exception {
        long start = System.nanoTime();
        for (int i = 0; i < 5; i++) {
            old.send(DRAINING, DRAINING);
            openNext();
            halfCloseOld();
            old.finish();
            old = next;
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(300));
        old.send(message("1"));
        callbacks.await(delivered("1"));
        assertThat(callbacks.all).containsExactlyElementsOf(callbacks.events());
    }

    @Test
    void nextStreamIsNotReadPastABoundWhileTheOldOneEnds() throws Exception {
        old.send(DRAINING);
        openNext();
        halfCloseOld();
        int sent = 0;
        int sentByOld = 0;
        String payload = "x".repeat(60_000);
        for (int quiet = 0; quiet < 50; quiet = next.isReady() ? 0 : quiet + 1) {
            while (next.isReady()) {
                next.send(message("" + sent++, payload));
                assertThat(sent).as("the bound and what HTTP/2 buffers").isLessThan(400);
            }
            String id = "old " + sentByOld++;
            old.send(message(id));
            Await.until("a client that goes on", () -> callbacks.all.contains("message kitchen alice " + id));
        }

        old.finish();

        int all = sent + sentByOld;
        Await.until("all messages", () -> callbacks.all.size() == all);
        assertThat(sent).isGreaterThan(128);
    }

    @Test
    void streamWithoutRoomsIsReplacedToo() throws Exception {
        subscription.remove("kitchen");
        old.await("remove_room_ids: 'kitchen'");
        old.send(DRAINING);
        next = server.subscriptions.await();
        halfCloseOld();
        old.finish();
        subscription.add("hall");

        callbacks.await("subscribed [hall]");
        assertThat(callbacks.all).containsExactlyElementsOf(callbacks.events());
    }

    @Test
    void closeEndsBothStreams() throws Exception {
        old.send(DRAINING);
        openNext();
        subscription.close();

        Await.until("the end of both streams", () -> old.hasEnded && next.hasEnded);
        Await.untilNoThreadIsNamed("ephemeral-Subscribe");
    }

    private void openNext() throws InterruptedException {
        next = server.subscriptions.await();
        next.await("add_room_ids: 'kitchen'");
    }

    private void halfCloseOld() throws InterruptedException {
        Await.until("a half-closed old stream", () -> old.isHalfClosed);
    }

    /** Which stream ends or sends first is open, so {@code resynced} may precede the last message. */
    private void awaitAndResynced(String... events) throws InterruptedException {
        String last = events[events.length - 1];
        Await.until("resynced", () -> callbacks.all.contains(last) && callbacks.all.contains("resynced"));
        assertThat(callbacks.events())
                .filteredOn(event -> !event.equals("resynced"))
                .containsExactly(events);
    }

    private static String message(String payload) {
        return message(payload, payload);
    }

    private static String message(String id, String payload) {
        return "message { room_id: 'kitchen' sender_id: 'alice' message_id: '" + id + "' payload: '" + payload + "' }";
    }

    private static String[] delivered(String... payloads) {
        return IntStream.range(0, payloads.length)
                .mapToObj(i -> "message kitchen alice " + payloads[i])
                .toArray(String[]::new);
    }
}
