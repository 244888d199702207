package io.flowhub.ephemeral.server.rpc;

import io.grpc.Metadata;
import java.util.Iterator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The trace that a call is part of, as W3C Trace Context has it in the header {@code traceparent}. */
final class TraceContext {

    private static final Metadata.Key<String> HEADER = Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    /** Version, trace id, parent id and flags; later versions may append something. An id of zeros is invalid. */
    private static final Pattern SHAPE =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

    private static final String FIRST_VERSION = "00-";

    /** Null if the call has no valid header, or several. */
    static @Nullable String traceId(Metadata headers) {
        Iterable<String> all = headers.getAll(HEADER);
        if (all == null) {
            return null;
        }
        Iterator<String> values = all.iterator();
        String value = values.next();
        Matcher shape = SHAPE.matcher(value);
        boolean valid =
                !values.hasNext() && shape.matches() && !(value.startsWith(FIRST_VERSION) && shape.group(2) != null);
        return valid ? shape.group(1) : null;
    }

    private TraceContext() {}
}
