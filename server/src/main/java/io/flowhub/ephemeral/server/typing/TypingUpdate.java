package io.flowhub.ephemeral.server.typing;

/** What a call did to the indicator of a user. */
enum TypingUpdate {
    STARTED,
    EXTENDED,
    STOPPED,

    /** The call was to stop, and there was no indicator. */
    NOT_TYPING;

    /** Whether the user types now. */
    boolean isTyping() {
        return this == STARTED || this == EXTENDED;
    }
}
