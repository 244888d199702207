package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A message of a script that does not arrive is a gap, once the sum of its server arrives. */
@Tag("unit")
class CountedChannelTest {

    private final List<String> texts = new ArrayList<>();
    private final List<Runnable> scheduled = new ArrayList<>();
    private final RecordingSubscriber here = new RecordingSubscriber();
    private final List<String> requests = new ArrayList<>();
    private final List<Subscriber> connected = new ArrayList<>();
    private final CountedChannel sender = new CountedChannel("there", texts::add, connected::add, scheduled::add);
    private final Subscriber toSender;
    private final Subscriber receiver;

    CountedChannelTest() {
        sender.subscribe(new RecordingSubscriber());
        new CountedChannel("here", requests::add, connected::add, scheduled::add).subscribe(here);
        toSender = connected.get(0);
        receiver = connected.get(1);
    }

    private void publish(String text, boolean arrives) {
        if (arrives) {
            receiver.onMessage(sender.prefix() + text);
        }
        sender.onPublished();
    }

    /** The sum that is due arrives. */
    private void sum() {
        assertThat(scheduled).hasSize(1);
        scheduled.remove(0).run();
        receiver.onMessage(texts.get(texts.size() - 1));
    }

    @Test
    void lostMessageIsAGapOnceAndTheOthersAreNone() {
        publish("before the subscription", false);
        sum();
        publish("one", true);
        publish("two", true);
        sum();
        assertThat(here.received()).containsExactly("one", "two");

        publish("lost", false);
        publish("three", true);
        sum();
        publish("four", true);
        sum();

        assertThat(here.received()).containsExactly("one", "two", "three", "gap", "four");
    }

    @Test
    void messageThatArrivesBeforeItsReplyIsCountedByTheNextSumIs() {
        toSender.onMessage("here?");
        receiver.onMessage(texts.get(0));
        receiver.onMessage(sender.prefix() + "in flight");
        publish("one", true);
        sum();
        sender.onPublished(); // the reply of the first
        sum();
        assertThat(here.received()).containsExactly("in flight", "one");

        publish("lost", false);
        sum();
        assertThat(here.received()).endsWith("gap");
    }

    @Test
    void gapRequestsSumsToBeginWith() {
        receiver.onGap();
        assertThat(requests).containsExactly("here?");
        sender.onPublished();
        toSender.onMessage(requests.get(0));
        receiver.onMessage(texts.get(0));
        publish("lost just after the subscription", false);
        scheduled.remove(0).run();
        receiver.onMessage(texts.get(1));

        assertThat(here.received()).containsExactly("gap", "gap");
    }

    @Test
    void textOfAnotherProgramIsIgnored() {
        for (String text : List.of("", "word", "a:b", "=", "a=")) {
            receiver.onMessage(text);
        }
        assertThat(here.received()).isEmpty();
    }
}
