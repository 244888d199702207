package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.v1.ErrorReason;

/** A part of the server that its configuration leaves off. */
public final class SwitchedOffException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final ErrorReason reason;

    /** @param message what is off, and what an operator does about it */
    public SwitchedOffException(ErrorReason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    ErrorReason reason() {
        return reason;
    }
}
