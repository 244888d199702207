package io.flowhub.ephemeral.server.faults;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The messages of one sender that one stream delivered: in order, none twice, each missing one reported by a gap. */
final class Delivered {

    private static final int KEPT = 10_000;

    private final Publisher publisher;
    private final long subscribedAt;
    private final Set<Long> delivered = new HashSet<>();
    private final Set<Long> missing = new TreeSet<>();
    private long last;

    /** Whether a gap arrived since the last message. */
    private boolean gap;

    Delivered(Publisher publisher, long subscribedAt) {
        this.publisher = publisher;
        this.subscribedAt = subscribedAt;
    }

    /** A message arrived. Returns the rule that it breaks, if it does. */
    Optional<String> message(long number) {
        if (!delivered.add(number)) {
            return Optional.of("message " + number + " arrived twice");
        }
        if (delivered.size() > KEPT) {
            delivered.removeIf(old -> old < number - KEPT / 2);
        }
        if (number < last) {
            // Without an outcome it may arrive at any time. The outcome is known: the sender waited for it.
            boolean isLate = publisher.isPublished(number);
            return isLate ? Optional.of("message " + number + " arrived after " + last) : Optional.empty();
        }
        if (!gap) {
            missing.addAll(publisher.between(last, number, subscribedAt));
        }
        gap = false;
        last = number;
        return Optional.empty();
    }

    /** Messages were reported as lost. It may be those that are missing, or some that the next message will show. */
    void gap() {
        missing.clear();
        gap = true;
    }

    /** What was published, and is neither delivered nor reported as lost. */
    Optional<String> missing() {
        Set<Long> all = new TreeSet<>(missing);
        if (!gap) {
            all.addAll(publisher.between(last, Long.MAX_VALUE, subscribedAt));
        }
        return all.isEmpty() ? Optional.empty() : Optional.of("no message and no gap for " + all);
    }
}
