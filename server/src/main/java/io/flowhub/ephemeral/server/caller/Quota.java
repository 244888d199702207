package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.config.Parsers;
import java.util.Locale;

/** What a caller may use of one server, over all its connections. */
enum Quota {
    CALLS_PER_SECOND,

    /** Open at the same time. */
    STREAMS,

    /** By all its streams together; an id that two streams watch counts twice. */
    WATCHED_IDS,

    /** Of messages that its streams have not sent yet. */
    BUFFERED_BYTES;

    private static final int MAX = 1_000_000;

    /** As it is named in the file and in errors. */
    private final String key = name().toLowerCase(Locale.ROOT);

    String key() {
        return key;
    }

    /** @throws IllegalArgumentException with what is expected */
    long parse(Object value) {
        return this == BUFFERED_BYTES
                ? Parsers.dataSize("64KB", "1GB").apply(value).bytes()
                : Parsers.integer(1, MAX).apply(value);
    }
}
