package io.flowhub.ephemeral.server.feature;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Which classes of new state give way because Redis is nearly full. One feature measures it, others obey it. */
public final class MemoryPressure {

    /** A class that gives way is stored again when usage is this far below its threshold, so that it does not flap. */
    public static final int HYSTERESIS_PERCENT = 5;

    /** How long a class gives way after Redis rejected it, if Redis does not report its memory. */
    private static final Duration HOLD = Duration.ofSeconds(30);

    private final Ticker ticker;

    /** The threshold of the last class that gives way, in percent; 0 if none does. */
    private volatile int givingWay;

    private volatile boolean asked;
    private volatile long rejectedNanos;

    public MemoryPressure(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Whether this class gives way now. Reads a field only. */
    public boolean refuses(StateClass state) {
        if (state.percent() > givingWay) {
            return false;
        }
        asked = true;
        return true;
    }

    /** Runs a write of new state, or fails with {@link BudgetFullException} if its class gives way. */
    public <T> CompletableFuture<T> admit(StateClass state, Supplier<CompletableFuture<T>> write) {
        return refuses(state)
                ? refused(state)
                : write.get().whenComplete((result, failure) -> {
                    if (failure != null && Futures.unwrap(failure) instanceof BudgetFullException) {
                        onRejected(state);
                    }
                });
    }

    /** The result of a write whose class gives way. */
    public static <T> CompletableFuture<T> refused(StateClass state) {
        return CompletableFuture.failedFuture(exception(state));
    }

    public static BudgetFullException exception(StateClass state) {
        return new BudgetFullException("Redis is nearly full: " + state.message());
    }

    /** Redis has no memory for this class, whatever the last figures were. */
    private synchronized void onRejected(StateClass state) {
        rejectedNanos = ticker.read();
        givingWay = Math.max(givingWay, state.percent());
    }

    /** Whether a class was refused since the last time this was asked. */
    public boolean takeAsked() {
        boolean taken = asked;
        asked = false;
        return taken;
    }

    /** Decides by the used share of the memory. */
    public synchronized void measured(long usedBytes, long maxBytes) {
        int next = 0;
        for (StateClass state : StateClass.values()) {
            int percent = state.percent() - (state.percent() <= givingWay ? HYSTERESIS_PERCENT : 0);
            if (usedBytes * 100 > maxBytes * percent) {
                next = Math.max(next, state.percent());
            }
        }
        givingWay = next;
    }

    /** Without figures, a class that Redis rejected gives way for a while. */
    public synchronized void unmeasured() {
        if (ticker.read() - rejectedNanos > HOLD.toNanos()) {
            givingWay = 0;
        }
    }
}
