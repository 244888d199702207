package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** Redis is nearly full and new state of this kind is not stored, or it is full. The call had no effect. */
public final class BudgetFullException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** The memory of Redis is read once a second while it is nearly full. */
    private static final Duration RETRY_AFTER_BUDGET_POLL = Duration.ofSeconds(1);

    /** @param message what is not stored */
    public BudgetFullException(String message) {
        super(
                Code.RESOURCE_EXHAUSTED,
                ErrorReason.ERROR_REASON_BUDGET_FULL,
                message,
                Map.of(),
                RETRY_AFTER_BUDGET_POLL,
                null);
    }
}
