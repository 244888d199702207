package io.flowhub.ephemeral.server.redis;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A channel to which scripts publish, with a check that what they publish arrives. A message carries the tag of the server
 * whose call published it. Each server counts the messages that its calls report as published, and some time after the
 * first one publishes the sum. A server that has received fewer since the sum before reports a gap. After a gap it requests
 * a sum of each server, as the one to begin with.
 *
 * <p>A message whose call has no reply yet is received before it is counted, so a loss may be found only with a later sum.
 */
public final class CountedChannel {

    private static final Duration SUM_DELAY = Duration.ofSeconds(2);

    /** After the tag: a text, a sum, or nothing. */
    private static final char MESSAGE = ' ';

    private static final char SUM = '=';
    private static final char SUM_REQUEST = '?';

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    /** Servers that restart have new tags. The counts of all of them are dropped beyond this many. */
    private static final int MAX_SERVERS = 10_000;

    private final String tag;
    private final Consumer<String> publisher;
    private final Consumer<Subscriber> registry;
    private final Executor afterDelay;
    private final Map<String, Received> receivedByTag = new HashMap<>();
    private long published;
    private boolean sumScheduled;

    /** What arrived of one server. */
    private static final class Received {
        private long messages;

        /** The largest difference between a sum and the messages so far: those before this server subscribed, or lost. */
        private long missing = Long.MIN_VALUE;
    }

    /**
     * @param tag of this server: unique, of letters and digits
     * @param publisher publishes a text to the channel; may fail
     * @param registry receives what is to be subscribed to the channel
     */
    CountedChannel(String tag, Consumer<String> publisher, Consumer<Subscriber> registry) {
        this(
                tag,
                publisher,
                registry,
                CompletableFuture.delayedExecutor(SUM_DELAY.toMillis(), TimeUnit.MILLISECONDS, Runnable::run));
    }

    CountedChannel(String tag, Consumer<String> publisher, Consumer<Subscriber> registry, Executor afterDelay) {
        this.tag = tag;
        this.publisher = publisher;
        this.registry = registry;
        this.afterDelay = afterDelay;
    }

    /** The argument of a script that publishes to this channel: what precedes the text. */
    public String prefix() {
        return tag + MESSAGE;
    }

    /** The reply to a call says that it published a message with the prefix. */
    public synchronized void onPublished() {
        published++;
        if (!sumScheduled) {
            sumScheduled = true;
            afterDelay.execute(this::publishScheduledSum);
        }
    }

    private synchronized void publishScheduledSum() {
        sumScheduled = false;
        publishSum();
    }

    private synchronized void publishSum() {
        publisher.accept(tag + SUM + published);
    }

    /**
     * To be called once.
     *
     * @param subscriber receives the texts of the messages, and the gaps
     */
    public void subscribe(Subscriber subscriber) {
        registry.accept(new Subscriber() {
            @Override
            public void onMessage(String message) {
                receive(message, subscriber);
            }

            @Override
            public void onGap() {
                forgetAll();
                subscriber.onGap();
            }
        });
    }

    private void receive(String message, Subscriber subscriber) {
        int end = 0;
        while (end < message.length() && Character.isLetterOrDigit(message.charAt(end))) {
            end++;
        }
        if (end == message.length()) {
            return;
        }
        String sender = message.substring(0, end);
        String text = message.substring(end + 1);
        switch (message.charAt(end)) {
            case MESSAGE -> {
                count(sender);
                subscriber.onMessage(text);
            }
            case SUM -> {
                if (NUMBER.matcher(text).matches() && isMissing(sender, Long.parseLong(text))) {
                    subscriber.onGap();
                }
            }
            case SUM_REQUEST -> publishSum();
            default -> {} // of another program
        }
    }

    private synchronized void count(String sender) {
        received(sender).messages++;
    }

    private synchronized boolean isMissing(String sender, long sum) {
        Received received = received(sender);
        long missing = sum - received.messages;
        boolean isFirst = received.missing == Long.MIN_VALUE;
        boolean isMore = missing > received.missing;
        received.missing = Math.max(received.missing, missing);
        return isMore && !isFirst;
    }

    private Received received(String sender) {
        if (receivedByTag.size() >= MAX_SERVERS && !receivedByTag.containsKey(sender)) {
            receivedByTag.clear();
        }
        return receivedByTag.computeIfAbsent(sender, each -> new Received());
    }

    /** Messages may have been lost, which is reported already. */
    private void forgetAll() {
        synchronized (this) {
            receivedByTag.clear();
        }
        publisher.accept(tag + SUM_REQUEST);
    }
}
