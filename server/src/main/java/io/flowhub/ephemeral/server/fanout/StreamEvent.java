package io.flowhub.ephemeral.server.fanout;

/** What happens to a stream, for its metric. */
public enum StreamEvent {
    /** An event of any kind was passed to the stream. */
    SENT,

    /** A message was evicted before it was sent. */
    DROPPED,

    /** The stream received the event that its state may be old. */
    STALE,
    RESYNCED,

    /** The stream received the event that messages are lost, or may be. */
    GAP
}
