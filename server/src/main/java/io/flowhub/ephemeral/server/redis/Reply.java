package io.flowhub.ephemeral.server.redis;

import java.util.List;
import java.util.Objects;

/** The values that a script returned for one call: a view of a part of the reply to a batch. */
public final class Reply {

    private final List<Object> values;
    private final int from;
    private final int size;

    Reply(List<Object> values, int from, int size) {
        this.values = values;
        this.from = from;
        this.size = size;
    }

    /** The number at this index, from 0. */
    public long number(int index) {
        return (Long) values.get(from + Objects.checkIndex(index, size));
    }

    /** The text at this index, from 0. */
    public String text(int index) {
        return (String) values.get(from + Objects.checkIndex(index, size));
    }

    /** Whether there is a text at this index, from 0. {@code MGET} finds none if the key is missing or holds another type. */
    public boolean hasText(int index) {
        return values.get(from + Objects.checkIndex(index, size)) != null;
    }

    boolean isError() {
        return values.get(from) instanceof String;
    }
}
