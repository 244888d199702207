/**
 * Who types where. A call goes from {@link io.flowhub.ephemeral.server.typing.TypingService} (the contract) to {@link
 * io.flowhub.ephemeral.server.typing.TypingStore} (the rules) and to the scripts in {@code lua/typing}; a stream is a {@code
 * TypingStream}, which hears of the rooms that it shares with others in {@code TypingHub}.
 */
@NullMarked
package io.flowhub.ephemeral.server.typing;

import org.jspecify.annotations.NullMarked;
