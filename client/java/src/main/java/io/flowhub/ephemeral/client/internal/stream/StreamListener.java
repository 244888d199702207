package io.flowhub.ephemeral.client.internal.stream;

/** Receives the events of a {@link ReconnectingStream}, on its thread. */
public interface StreamListener<R> {

    /** A new stream is writable. Nothing was sent on it yet. */
    void onOpen();

    /** More can be sent. */
    void onReady();

    /** The first message of this stream follows. */
    void onConnected();

    void onMessage(R message);

    /** The stream ended or could not be opened. The next attempt follows after a wait, unless the stream is retired. */
    void onBreak(Throwable cause);

    /** The server ended the stream after {@link ReconnectingStream#halfClose}. Called last. */
    default void onFinished() {}

    /** The stream is closed for good. Called last. */
    default void onClosed() {}
}
