package io.flowhub.ephemeral.server.fanout;

/** What a {@link SnapshotReader} offers to the streams of a topic. */
public enum ReadStep {

    /** A read begins. It is the snapshot of streams that wait for one, as long as they have waited before. */
    STARTED,

    SUCCEEDED,

    FAILED,

    /** The state is another one than before. */
    CHANGED
}
