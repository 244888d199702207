package io.flowhub.ephemeral.server.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a stream may deliver of the messages of one sender. */
@Tag("unit")
@Tag("quick")
class DeliveredTest {

    private final Publisher publisher = new Publisher("room", "sender");
    private final Delivered delivered = new Delivered(publisher, 0);

    private DeliveredTest() {
        for (int number = 1; number <= 5; number++) {
            if (number != 3) { // of which the outcome is unknown
                publisher.published(number, number);
            }
        }
    }

    private Optional<String> deliver(long... numbers) {
        Optional<String> last = Optional.empty();
        for (long number : numbers) {
            last = delivered.message(number);
        }
        return last;
    }

    @Test
    void everyMessageInOrder() {
        assertThat(deliver(1, 2, 4, 5)).isEmpty();
        assertThat(delivered.missing()).isEmpty();
    }

    @Test
    void unknownOutcomeArrivesAtAnyTime() {
        assertThat(deliver(1, 2, 4, 3)).isEmpty();
    }

    @Test
    void wrongOrderAndASecondDeliveryAreFound() {
        assertThat(deliver(1, 1)).isPresent();
        assertThat(deliver(4, 2)).isPresent();
    }

    @Test
    void missingMessageNeedsAGapBeforeOrAfterTheNextOne() {
        deliver(1, 4);
        assertThat(delivered.missing())
                .hasValueSatisfying(text -> assertThat(text).contains("[2, 5]"));
        delivered.gap();
        deliver(5);
        assertThat(delivered.missing()).isEmpty();
    }

    @Test
    void messageFromBeforeTheSubscriptionIsNotMissing() {
        Delivered late = new Delivered(publisher, 4);
        assertThat(late.message(5)).isEmpty();
        assertThat(late.missing()).hasValueSatisfying(text -> assertThat(text).contains("[4]"));
    }
}
