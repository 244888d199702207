package io.flowhub.ephemeral.server.broadcast;

import org.jspecify.annotations.Nullable;

/**
 * An envelope with its number, as text for the channel. Each server numbers what it publishes from 1, without holes and in
 * the order in which Redis receives it.
 *
 * @param publisher the id of the server
 */
record NumberedEnvelope(String publisher, long number, Envelope envelope) {

    private static final char SEPARATOR = ' ';

    static String encode(String publisher, long number, String encodedEnvelope) {
        return publisher + SEPARATOR + number + SEPARATOR + encodedEnvelope;
    }

    /** Returns null for a text in another format. */
    static @Nullable NumberedEnvelope decode(String text) {
        int first = text.indexOf(SEPARATOR);
        int second = text.indexOf(SEPARATOR, first + 1);
        if (second < 0) {
            return null;
        }
        Envelope envelope = Envelope.decode(text.substring(second + 1));
        try {
            return envelope == null
                    ? null
                    : new NumberedEnvelope(
                            text.substring(0, first), Long.parseLong(text, first + 1, second, 10), envelope);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Unique, and the same at every server. */
    String id() {
        return publisher + "-" + number;
    }
}
