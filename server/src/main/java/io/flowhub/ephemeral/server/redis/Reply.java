package io.flowhub.ephemeral.server.redis;

import java.util.List;

/** The values that a script returned for one call: a view of its part of the whole reply. */
public final class Reply {

    private final List<Object> values;
    private final int from;

    Reply(List<Object> values, int from) {
        this.values = values;
        this.from = from;
    }

    /** The number at this place, counted from 0. */
    public long number(int index) {
        return (Long) values.get(from + index);
    }

    /** The text at this place, counted from 0. */
    public String text(int index) {
        return (String) values.get(from + index);
    }

    boolean isError() {
        return values.get(from) instanceof String;
    }
}
