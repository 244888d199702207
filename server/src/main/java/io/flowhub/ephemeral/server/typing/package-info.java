/**
 * Typing indicators. A unary call goes from {@link io.flowhub.ephemeral.server.typing.TypingService}, which checks the
 * request, to {@code TypingStore} and the scripts in {@code lua/typing}. Each indicator is a key of its own that expires;
 * an index per room, which {@code RecentIndexWrites} keeps from being written too often, lets {@code RoomTypingReader} find
 * the users of the room as a {@code RoomTyping}. A WatchTyping call is a {@code TypingStream}.
 * {@code TypingHub} holds one {@code WatchedRoom} per watched room; the scripts publish each change, and the hub then reads
 * the list of that room again. The rest is in {@link io.flowhub.ephemeral.server.fanout}.
 */
@NullMarked
package io.flowhub.ephemeral.server.typing;

import org.jspecify.annotations.NullMarked;
