package io.flowhub.ephemeral.server.rpc;

/** The server stops, and asks the caller of a stream to go elsewhere. */
final class DrainingException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final long retryMillis;

    /** @param retryMillis after which the caller may come back */
    DrainingException(long retryMillis) {
        super("the server stops: connect anew", null, false, false);
        this.retryMillis = retryMillis;
    }

    long retryMillis() {
        return retryMillis;
    }
}
