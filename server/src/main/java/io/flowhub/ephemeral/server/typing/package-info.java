/**
 * Typing indicators. A unary call goes from {@link io.flowhub.ephemeral.server.typing.TypingService}, which checks the
 * request, to {@code TypingStore} and the scripts in {@code lua/typing}. Each indicator is a key of its own that expires;
 * an index per room, which {@code RecentIndexWrites} keeps from being written too often, lets {@code RoomTypingReader} find
 * the users of the room as a {@code RoomTyping}. A WatchTyping call opens a {@code TypingStream} and registers its rooms in
 * {@code TypingHub}, which holds one {@code TypingRoom} per watched room. The scripts publish each change; the hub then
 * reads the list of that room through {@code ReadScheduler} and offers it to the streams of the room.
 */
@NullMarked
package io.flowhub.ephemeral.server.typing;

import org.jspecify.annotations.NullMarked;
