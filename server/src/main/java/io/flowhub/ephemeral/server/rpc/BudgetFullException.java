package io.flowhub.ephemeral.server.rpc;

/** Redis is nearly full, so what can be loaded again is not stored. Without a stack trace: under trouble there are many. */
public final class BudgetFullException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public BudgetFullException() {
        super("Redis is nearly full: cached objects are not stored", null, false, false);
    }
}
