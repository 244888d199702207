"""Keeps many users online, for example those whose connections a gateway holds."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

from ephemeral_client import v1
from ephemeral_client.errors import PREFIX, EphemeralError
from ephemeral_client.events import CameOnline, Connected, Disconnected, HeartbeatEvent, Rejected
from ephemeral_client.heartbeat_schedule import TICK, HeartbeatKey, HeartbeatSchedule, HeartbeatTimer
from ephemeral_client.reconnecting_stream import ReconnectingStream

_MAX_PER_FRAME = 1_000
_MAX_FRAMES_IN_FLIGHT = 4
_MAX_SET_OFFLINE = 64
_MAX_EVENTS = 10_000


class OutgoingFrame(NamedTuple):
    """Heartbeats that are sent and answered together. The timers are in the order of the indexes in the response."""

    sequence: int
    sent_at: float
    timers: list[HeartbeatTimer]

    @staticmethod
    def of(sequence: int, sent_at: float, timers: list[HeartbeatTimer]) -> OutgoingFrame:
        return OutgoingFrame(sequence, sent_at, sorted(timers, key=lambda timer: bool(timer.key.connection)))

    def message(self) -> v1.StreamHeartbeatsRequest:
        keys = [timer.key for timer in self.timers]
        return v1.StreamHeartbeatsRequest(
            sequence=self.sequence,
            user_ids=[key.user for key in keys if not key.connection],
            heartbeats=[
                v1.HeartbeatRequest(user_id=key.user, connection_id=key.connection) for key in keys if key.connection
            ],
        )


class AsyncHeartbeats(AsyncIterator[HeartbeatEvent]):
    """Sends each user's heartbeat as often as the server sets, about every 3 s, on one stream that reconnects.

    Heartbeats are spread evenly over the interval. After a reconnect all users get a heartbeat within one interval, the
    user without one for longest first. At most 4 frames wait for their response, so a slow server receives fewer.

    Iterating over it, in one task, is optional: it yields `HeartbeatEvent`s. Of those not read yet, only the latest of
    a user and kind is kept, at most 10,000 in total.
    """

    def __init__(
        self,
        open_call: Callable[[], Any],
        set_offline: Callable[[HeartbeatKey], Awaitable[object]],
        on_closed: Callable[[AsyncHeartbeats], None],
    ) -> None:
        self._stream = ReconnectingStream(open_call)
        self._set_offline = set_offline
        self._on_closed = on_closed
        self._schedule = HeartbeatSchedule()
        self._in_flight: deque[OutgoingFrame] = deque()
        self._sequence = 0
        self._last_tick = time.monotonic()
        self._was_broken = False
        self._is_closed = False
        self._removing: dict[HeartbeatKey, asyncio.Task[None]] = {}
        self._to_add_again: set[HeartbeatKey] = set()
        self._turns = asyncio.Semaphore(_MAX_SET_OFFLINE)
        self._events: dict[tuple[str, str], HeartbeatEvent] = {}
        self._has_event = asyncio.Event()
        self._idle = asyncio.Event()
        self._stream.start(self)
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    def add(self, user: str, connection: str = "") -> None:
        """Keeps a user, or one connection of the user, online, starting within 100 ms.

        Adding one that is already there changes nothing. Either all heartbeats of a user have a connection, or none. A
        connection is unique among all connections of the user, on every gateway.
        """
        key = HeartbeatKey(user, connection)
        timer = self._schedule.get(key)
        if timer is not None:
            timer.is_leaving = False
        elif key in self._removing:  # The call in flight could disconnect it afterwards.
            self._to_add_again.add(key)
        else:
            self._schedule.add(key, time.monotonic())

    def remove(self, user: str, connection: str = "") -> None:
        """Ends one connection of a user, or a user without connections: offline if it was the last one.

        If the call fails, the user goes offline 10 s after the last heartbeat.
        """
        self._remove(HeartbeatKey(user, connection))

    def stop(self, user: str, connection: str = "") -> None:
        """Stops the heartbeats. The user, or the connection, goes offline 10 s after the last one."""
        key = HeartbeatKey(user, connection)
        self._to_add_again.discard(key)
        timer = self._schedule.get(key)
        if timer is not None:
            self._schedule.remove(timer)

    async def remove_all(self) -> None:
        """Removes all as `remove` does, and waits until all calls have ended, successfully or not."""
        for key in self._schedule.all_keys():
            self._remove(key)
        while not self._is_closed and (self._removing or self._schedule.is_any_leaving()):
            self._idle.clear()
            await self._idle.wait()

    def close(self) -> None:
        """Stops all heartbeats and sets no user offline: a user that no other process keeps online goes offline 10 s
        after the last heartbeat. To set users offline at once, wait for `remove_all` first."""
        if not self._is_closed:
            self._is_closed = True
            self._timer.cancel()
            self._stream.close()
            for task in self._removing.values():
                task.cancel()
            self._has_event.set()
            self._idle.set()
            self._on_closed(self)

    async def wait_closed(self) -> None:
        """After `close`: returns once the calls of gRPC have ended."""
        await self._stream.wait_closed()

    async def __aenter__(self) -> AsyncHeartbeats:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    async def __anext__(self) -> HeartbeatEvent:
        while not self._events and not self._is_closed:
            self._has_event.clear()
            await self._has_event.wait()
        if self._is_closed:
            raise StopAsyncIteration
        return self._events.pop(next(iter(self._events)))

    def on_open(self) -> None:
        if self._was_broken:
            self._schedule.spread(time.monotonic())

    def on_ready(self) -> None:
        self._send()

    def on_connected(self) -> None:
        self._deliver("connection", "", Connected())

    def on_message(self, response: v1.StreamHeartbeatsResponse) -> None:
        if not self._in_flight or self._in_flight[0].sequence != response.sequence:
            self._stream.abort(f"Frame {response.sequence} was answered out of order")
            return
        frame = self._in_flight.popleft()
        self._schedule.update(
            response.next_in.ToTimedelta().total_seconds(), response.expires_in.ToTimedelta().total_seconds()
        )
        accepted = dict.fromkeys(frame.timers)
        for rejection in response.rejected:
            self._on_rejected(frame, rejection, accepted)
        for timer in accepted:
            self._schedule.accepted(timer, frame.sent_at)
        for timer in frame.timers:
            self._remove_if_leaving(timer)
        for user in response.came_online:
            self._deliver("came online", user, CameOnline(user))
        self._send()

    def on_break(self, cause: EphemeralError) -> None:
        now = time.monotonic()
        lost = [timer for frame in self._in_flight for timer in frame.timers]
        self._in_flight.clear()
        for timer in lost:
            self._schedule.lost(timer, now)
            self._remove_if_leaving(timer)
        self._was_broken = True
        self._deliver("connection", "", Disconnected(cause))

    def on_finished(self) -> None: ...

    async def readable(self) -> None: ...

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)
        self._last_tick = time.monotonic()
        if self._in_flight and self._last_tick - self._in_flight[0].sent_at > self._schedule.lifetime / 2:
            self._stream.abort("A frame of heartbeats was not answered")  # Another server may answer in time.
        self._send()

    def _send(self) -> None:
        """Sends what was due at the last tick. With the present time each response would trigger a small frame."""
        while self._stream.is_ready and len(self._in_flight) < _MAX_FRAMES_IN_FLIGHT:
            due = self._schedule.take_due(self._last_tick, _MAX_PER_FRAME)
            if not due:
                return
            self._sequence += 1
            frame = OutgoingFrame.of(self._sequence, time.monotonic(), due)
            self._in_flight.append(frame)
            self._stream.send(frame.message())

    def _on_rejected(
        self, frame: OutgoingFrame, rejection: v1.RejectedHeartbeat, accepted: dict[HeartbeatTimer, None]
    ) -> None:
        """An index outside the frame rejects the frame as a whole, for a reason that no user's id caused."""
        is_one = 0 <= rejection.index < len(frame.timers)
        now = time.monotonic()
        for timer in [frame.timers[rejection.index]] if is_one else frame.timers:
            accepted.pop(timer, None)
            self._schedule.rejected(timer, now)
            if is_one and rejection.error_reason == PREFIX + "INVALID_FIELD":
                self._schedule.remove(timer)
                self._deliver("rejected", timer.key.user, Rejected(timer.key.user, rejection.message))

    def _remove(self, key: HeartbeatKey) -> None:
        """While a heartbeat is in flight, SetOffline waits for its response: it could undo it."""
        self._to_add_again.discard(key)
        timer = self._schedule.get(key)
        if timer is None:
            return
        if timer.is_in_flight:
            timer.is_leaving = True
        else:
            self._schedule.remove(timer)
            self._removing[key] = asyncio.get_running_loop().create_task(self._end(key))

    def _remove_if_leaving(self, timer: HeartbeatTimer) -> None:
        if timer.is_leaving and not timer.is_removed:
            self._remove(timer.key)

    async def _end(self, key: HeartbeatKey) -> None:
        """A failed call is not repeated: the user goes offline anyway when the last heartbeat expires."""
        try:
            async with self._turns:
                if key not in self._to_add_again:
                    await self._set_offline(key)
        except EphemeralError:
            pass
        finally:
            del self._removing[key]
            if key in self._to_add_again:
                self._to_add_again.discard(key)
                self._schedule.add(key, time.monotonic())
            self._idle.set()

    def _deliver(self, kind: str, user: str, event: HeartbeatEvent) -> None:
        if self._is_closed:
            return
        self._events.pop((kind, user), None)  # Moves it to the end of the order.
        self._events[kind, user] = event
        if len(self._events) > _MAX_EVENTS:
            del self._events[next(iter(self._events))]
        self._has_event.set()
