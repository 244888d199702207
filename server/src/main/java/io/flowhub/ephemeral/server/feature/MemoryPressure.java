package io.flowhub.ephemeral.server.feature;

import java.util.function.BooleanSupplier;

/** Whether Redis is nearly full. One feature measures it, others read it; before it is measured Redis is not full. */
public final class MemoryPressure {

    private volatile BooleanSupplier full = () -> false;

    public void measuredBy(BooleanSupplier measured) {
        full = measured;
    }

    public boolean isFull() {
        return full.getAsBoolean();
    }
}
