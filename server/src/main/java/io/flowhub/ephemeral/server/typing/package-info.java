/**
 * Who types where. A call goes from {@link io.flowhub.ephemeral.server.typing.TypingService} (the contract) to {@link
 * io.flowhub.ephemeral.server.typing.Typing} (the rules) and to the scripts in {@code lua/typing}; a stream is a {@code
 * Watch}, which hears of the rooms that it shares with others in {@code WatchedRooms}.
 */
@NullMarked
package io.flowhub.ephemeral.server.typing;

import org.jspecify.annotations.NullMarked;
