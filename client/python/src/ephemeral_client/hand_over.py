"""The change of a watch from a stream whose server has announced its end to the next one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ephemeral_client.errors import EphemeralError
from ephemeral_client.reconnecting_stream import Backoff, ReconnectingStream
from ephemeral_client.watch_set import WatchSet

if TYPE_CHECKING:
    from ephemeral_client.watches import AsyncWatch

_MARGIN = 1.0
"""After the time that the server has left to a stream, until the stream is cancelled."""

_ROW = 1.0
"""Hand-overs that begin within this time of each other are a row, with growing pauses."""

_MAX_HELD = 128
"""Events of the next stream that wait for the end of the current one. It is not read while there are more."""


class WatchStream:
    """One stream of a watch: sends the ids, and knows whether its server has them all."""

    def __init__(self, watch: AsyncWatch[Any], watched: WatchSet, hand_over: HandOver) -> None:
        self.stream = ReconnectingStream(watch.open_call)
        self.ids = watched.new_stream()
        self.end: float | None = None  # When the stream has to end, once the server has announced it.
        self.is_connected = False  # Whether a message has arrived.
        self.is_redis_unavailable = False
        self._watch = watch
        self._watched = watched
        self._hand_over = hand_over
        self._is_open = False

    @property
    def is_up_to_date(self) -> bool:
        """Whether the server is able to send each change, and has sent something about each id."""
        return self._is_open and not self.is_redis_unavailable and self.ids.is_await_over

    def send_changes(self) -> None:
        while self.stream.is_ready:
            change = self.ids.next()
            if change is None:
                return
            self.stream.send(self._watch.request(*change))

    def on_open(self) -> None:
        self._is_open = True
        self._watched.reset(self.ids)

    def on_ready(self) -> None:
        self.send_changes()
        self._hand_over.advance()

    def on_connected(self) -> None:
        self.is_connected = True
        self._hand_over.on_connected(self)

    def on_message(self, message: Any) -> None:
        self._hand_over.on_message(self, message)

    def on_break(self, cause: EphemeralError) -> None:
        self._is_open = False
        self.is_connected = False
        self.is_redis_unavailable = False  # The next server reports the state of its own Redis connection.
        self.end = None
        self._watched.reset(self.ids)  # Also here: no id is acknowledged any more.
        self._hand_over.on_break(self, cause)

    def on_finished(self) -> None:
        self._hand_over.on_finished()

    async def readable(self) -> None:
        await self._watch.readable()


class HandOver:
    """The current stream of a watch and, once its server has announced the end, the next one.

    The next stream receives all ids while the current one goes on. When the next one has acknowledged them, the current
    one is half-closed; its server then ends it after all that was published before. If the current one breaks instead,
    the next one replaces it as after any other break.
    """

    def __init__(self, watch: AsyncWatch[Any], new_stream: Callable[[HandOver], WatchStream]) -> None:
        self._watch = watch
        self._new_stream = new_stream
        self._held: deque[Callable[[], None]] = deque()
        self._backoff = Backoff()
        self._current = new_stream(self)
        self._next: WatchStream | None = None
        self._is_half_closed = False
        self._end_of_row: float | None = None  # A hand-over that begins before is one of a row.
        self._timers: set[asyncio.TimerHandle] = set()

    def start(self) -> None:
        self._current.stream.start(self._current)

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._current.stream.close()
        if self._next is not None:
            self._next.stream.close()

    async def wait_closed(self) -> None:
        await self._current.stream.wait_closed()
        if self._next is not None:
            await self._next.stream.wait_closed()

    def send_changes(self) -> None:
        self._current.send_changes()
        if self._next is not None:
            self._next.send_changes()
        self.advance()

    @property
    def is_under_way(self) -> bool:
        return self._next is not None

    def is_covered(self, stream: WatchStream) -> bool:
        """Whether the current stream delivers, before its end, what this stream has received so far."""
        return stream is self._next and not self._is_half_closed

    def is_superseded(self, stream: WatchStream, id: str) -> bool:
        """Whether the next stream has sent a state of the id already, which this one could replace by an older one."""
        return stream is self._current and self._next is not None and self._next.ids.is_acknowledged(id)

    @property
    def is_up_to_date(self) -> bool:
        return self._current.is_up_to_date

    def in_order(self, origin: WatchStream, event: Callable[[], None]) -> None:
        """Runs an event of the next stream after the end of the current one, any other at once."""
        if origin is self._current:
            event()
            return
        self._held.append(event)
        if self._is_half_closed and len(self._held) >= _MAX_HELD:
            origin.stream.pause()

    def on_draining(self, origin: WatchStream, time_left: timedelta) -> None:
        origin.end = time.monotonic() + time_left.total_seconds() + _MARGIN
        self._begin_if_draining()

    def _begin_if_draining(self) -> None:
        if self._next is not None or self._current.end is None:
            return
        if self._end_of_row is None or time.monotonic() >= self._end_of_row:
            self._backoff.reset()
            self._begin()
        else:  # A server that announces the end of each new stream receives no new one without a pause.
            half = max(0.0, self._current.end - time.monotonic()) / 2
            self._schedule(min(half, self._backoff.next()), self._begin)

    def _begin(self) -> None:
        ending = self._current
        if self._next is not None or ending.end is None:  # It broke during the pause, or was announced twice.
            return
        self._end_of_row = time.monotonic() + _ROW
        ending.stream.retire()
        self._schedule(ending.end - time.monotonic(), lambda: ending.stream.abort("The server did not end the stream"))
        self._next = self._new_stream(self)
        self._next.stream.start(self._next)

    def advance(self) -> None:
        """Half-closes the current stream if the next one has all ids."""
        if self._next is None or self._is_half_closed or not self._next.is_up_to_date:
            return
        if self._watch.detach(self._current.ids):  # What is added from here on is new on the next stream only.
            self._next.ids.await_all()
        if self._next.is_up_to_date:
            self._is_half_closed = True
            self._current.stream.half_close()

    def on_connected(self, origin: WatchStream) -> None:
        if not self.is_covered(origin):
            self.in_order(origin, self._watch.on_connected)

    def on_message(self, origin: WatchStream, message: Any) -> None:
        self._watch.on_message(origin, message)
        self.advance()

    def on_break(self, origin: WatchStream, cause: EphemeralError) -> None:
        if self.is_covered(origin):
            self._held.clear()
        elif origin is self._current and self._next is not None:
            is_connected = self._next.is_connected or self._is_half_closed
            self._replace_current(self._next)
            self._watch.on_disconnected(cause)
            if is_connected:
                self._watch.on_connected()
            self._deliver_held()
        else:
            self.in_order(origin, lambda: self._watch.on_disconnected(cause))

    def on_finished(self) -> None:
        if self._next is not None:
            self._replace_current(self._next)
            self._deliver_held()

    def _replace_current(self, replacement: WatchStream) -> None:
        self._watch.detach(self._current.ids)
        self._current = replacement
        self._next = None
        self._is_half_closed = False

    def _deliver_held(self) -> None:
        while self._held:
            self._held.popleft()()
        self._current.stream.resume()
        self._watch.resync_if_up_to_date()
        self._begin_if_draining()

    def _schedule(self, wait: float, action: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(wait, run)
        self._timers.add(timer)
