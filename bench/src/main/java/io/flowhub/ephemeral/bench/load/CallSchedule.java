package io.flowhub.ephemeral.bench.load;

/** When calls start. */
interface CallSchedule {

    /** Makes the calls that start now; returns the time of the next one, or {@link Long#MAX_VALUE} if it follows a response. */
    long startDue(long nowNanos);

    void onCompleted(LoadConnection connection, long nowNanos);

    /** The calls of the whole measurement. */
    long calls();
}
