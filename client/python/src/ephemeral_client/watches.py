"""Watches of presence and typing, and subscriptions to rooms: streams that reconnect by themselves."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from ephemeral_client import v1
from ephemeral_client.errors import EphemeralError
from ephemeral_client.events import (
    Connected,
    Disconnected,
    Gap,
    Message,
    Offline,
    Online,
    PresenceEvent,
    Resynced,
    Stale,
    Subscribed,
    SubscriptionEvent,
    Typing,
    TypingEvent,
)
from ephemeral_client.hand_over import HandOver, WatchStream
from ephemeral_client.ids import require_id
from ephemeral_client.watch_set import StreamIds, WatchSet

Event = TypeVar("Event")

_NO_VERSION = 0

_MAX_WAITING = 128
"""Events that wait for the reader, of up to 64 KiB each. No message is read while there are more."""


class AsyncWatch(AsyncIterator[Event], Generic[Event]):
    """A set of watched ids on one stream that reconnects by itself and then adds all ids again.

    Iterate over it, in one task, to receive its events; it ends when the watch or the client is closed. A slow reader
    delays its own stream only: the rest waits on the server. Ids are user ids or room ids, see `escape_id`.
    """

    def __init__(self, open_call: Callable[[], Any], on_closed: Callable[[AsyncWatch[Any]], None]) -> None:
        self.open_call = open_call
        self._on_closed = on_closed
        self._ids = WatchSet()
        self._streams = HandOver(self, lambda hand_over: WatchStream(self, self._ids, hand_over))
        self._is_closed = False
        self._is_connected = False
        self._was_connected = False
        self._is_stale = False
        self._events: deque[Any] = deque()
        self._has_event = asyncio.Event()
        self._has_space = asyncio.Event()
        self._has_space.set()
        self._streams.start()

    def add(self, ids: str | Collection[str]) -> None:
        """Adds ids. Those that are already watched are ignored.

        Raises ValueError if an id breaks the rule or there would be more than 20,000; none is added then.
        """
        self._ids.add([ids] if isinstance(ids, str) else ids)
        self._on_change()

    def remove(self, ids: str | Iterable[str]) -> None:
        """Removes ids. No later event is about one of them."""
        self._ids.remove([ids] if isinstance(ids, str) else ids)
        self._on_change()

    def close(self) -> None:
        """Ends the stream, and the iteration."""
        if not self._is_closed:
            self._is_closed = True
            self._streams.close()
            self._has_event.set()
            self._has_space.set()
            self._on_closed(self)

    async def wait_closed(self) -> None:
        """After `close`: returns once the calls of gRPC have ended."""
        await self._streams.wait_closed()

    async def __aenter__(self) -> AsyncWatch[Event]:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    async def __anext__(self) -> Event:
        while True:
            while not self._events and not self._is_closed:
                self._has_event.clear()
                await self._has_event.wait()
            if self._is_closed:
                raise StopAsyncIteration
            event: Event = self._events.popleft()
            if len(self._events) < _MAX_WAITING:
                self._has_space.set()
            id = _id_of(event)
            if id is None or id in self._ids:
                return event

    async def readable(self) -> None:
        await self._has_space.wait()

    @abstractmethod
    def request(self, added: list[str], removed: list[str]) -> Any: ...

    @abstractmethod
    def on_event(self, origin: WatchStream, response: Any) -> None: ...

    def loses_events_while_stale(self) -> bool:
        """Whether what happens while the watch is stale is lost; else the states are delivered afterwards."""
        return False

    def on_reconnected(self) -> None:
        """The first message after a reconnect follows."""

    def changed(self, origin: WatchStream, id: str, state: Hashable, version: int) -> bool:
        """Acknowledges an id. Returns whether it is still watched and its state differs from the last one."""
        origin.ids.acknowledge(id)
        is_outdated = self._streams.is_superseded(origin, id) or (
            self._streams.is_under_way and self._ids.is_older(id, version)
        )
        return not is_outdated and self._ids.update(id, state, version)

    def is_watched(self, id: str) -> bool:
        return id in self._ids

    def deliver(self, event: Event | Connected | Disconnected | Stale | Resynced) -> None:
        if self._is_closed:
            return
        if isinstance(event, Disconnected) and self._events and isinstance(self._events[-1], Disconnected):
            self._events.pop()  # Attempts that fail while nothing is read cost no memory.
        self._events.append(event)
        self._has_event.set()
        if len(self._events) >= _MAX_WAITING:
            self._has_space.clear()

    def pass_on(self, origin: WatchStream, event: Callable[[], None]) -> None:
        """Runs an event of a stream at its place in the order, unless the other stream delivers the same."""
        if not self._streams.is_covered(origin):
            self._streams.in_order(origin, event)

    def acknowledge_all(self, origin: WatchStream, ids: Iterable[str], event: Callable[[], None]) -> None:
        for id in ids:
            origin.ids.acknowledge(id)
        self._streams.in_order(origin, event)

    def on_redis_unavailable(self, origin: WatchStream) -> None:
        origin.is_redis_unavailable = True

        def mark() -> None:
            if origin.is_redis_unavailable or self.loses_events_while_stale():
                self._mark_stale()

        self.pass_on(origin, mark)

    def on_redis_available(self, origin: WatchStream) -> None:
        origin.is_redis_unavailable = False
        self.pass_on(origin, self.resync_if_up_to_date)

    def on_draining(self, origin: WatchStream, time_left: timedelta) -> None:
        self._streams.on_draining(origin, time_left)

    def on_message(self, origin: WatchStream, message: Any) -> None:
        self.on_event(origin, message)
        self.resync_if_up_to_date()

    def on_connected(self) -> None:
        """The current stream received its first message, or another one has replaced it."""
        if not self._is_connected:
            self._is_connected = True
            self.deliver(Connected())
            if self._was_connected:
                self.on_reconnected()
            self._was_connected = True

    def on_disconnected(self, cause: EphemeralError) -> None:
        self._is_connected = False
        self.deliver(Disconnected(cause))
        self._mark_stale()

    def forget_states(self) -> None:
        self._ids.forget_states()

    def update(self, id: str, state: Hashable) -> bool:
        return self._ids.update(id, state, _NO_VERSION)

    def detach(self, stream: StreamIds) -> bool:
        return self._ids.detach(stream)

    def resync_if_up_to_date(self) -> None:
        if self._is_stale and self._is_connected and self._streams.is_up_to_date:
            self._is_stale = False
            self.deliver(Resynced())

    def _mark_stale(self) -> None:
        if not self._is_stale:
            self._is_stale = True
            self.deliver(Stale())

    def _on_change(self) -> None:
        if not self._is_closed:
            self._streams.send_changes()
            self.resync_if_up_to_date()


class AsyncPresenceWatch(AsyncWatch[PresenceEvent]):
    """Watches whether users are online. After a reconnect only the changes are delivered."""

    def request(self, added: list[str], removed: list[str]) -> v1.WatchPresenceRequest:
        return v1.WatchPresenceRequest(add_user_ids=added, remove_user_ids=removed)

    def on_event(self, origin: WatchStream, response: v1.WatchPresenceResponse) -> None:
        kind = response.WhichOneof("event")
        if kind in ("snapshot", "online", "offline"):
            for state in getattr(response, kind).users:
                if self.changed(origin, state.user_id, state.online, state.version):
                    self.deliver(Online(state.user_id) if state.online else Offline(state.user_id))
        elif kind == "stale":
            self.on_redis_unavailable(origin)
        elif kind == "resynced":
            self.on_redis_available(origin)
        elif kind == "draining":
            self.on_draining(origin, response.draining.time_left.ToTimedelta())


class AsyncTypingWatch(AsyncWatch[TypingEvent]):
    """Watches the users typing in rooms. After a reconnect only the lists that differ are delivered."""

    def request(self, added: list[str], removed: list[str]) -> v1.WatchTypingRequest:
        return v1.WatchTypingRequest(add_room_ids=added, remove_room_ids=removed)

    def on_event(self, origin: WatchStream, response: v1.WatchTypingResponse) -> None:
        kind = response.WhichOneof("event")
        if kind == "typing":
            event = Typing(response.typing.room_id, tuple(response.typing.user_ids))
            if self.changed(origin, event.room, event.users, _NO_VERSION):
                self.deliver(event)
        elif kind == "stale":
            self.on_redis_unavailable(origin)
        elif kind == "resynced":
            self.on_redis_available(origin)
        elif kind == "draining":
            self.on_draining(origin, response.draining.time_left.ToTimedelta())


class AsyncSubscription(AsyncWatch[SubscriptionEvent]):
    """Receives the messages of rooms. Those published while the connection is lost are lost: a `Gap` follows."""

    _MAX_IDS = 1_024  # More than arrive on two streams while one replaces the other, with 10,000 messages a second.

    def __init__(
        self,
        open_call: Callable[[], Any],
        on_closed: Callable[[AsyncWatch[Any]], None],
        excluded_sender: str | None,
    ) -> None:
        self._excluded_sender = "" if excluded_sender is None else require_id(excluded_sender)
        self._delivered: dict[str, None] = {}
        super().__init__(open_call, on_closed)

    def request(self, added: list[str], removed: list[str]) -> v1.SubscribeRequest:
        return v1.SubscribeRequest(add_room_ids=added, remove_room_ids=removed, exclude_sender_id=self._excluded_sender)

    def on_event(self, origin: WatchStream, response: v1.SubscribeResponse) -> None:
        kind = response.WhichOneof("event")
        if kind == "message":
            self.pass_on(origin, lambda: self._on_message(response.message))
        elif kind == "gap":
            self.pass_on(origin, lambda: self._on_gap(response.gap))
        elif kind == "subscribed":
            rooms = list(response.subscribed.room_ids)
            self.acknowledge_all(origin, rooms, lambda: self._on_subscribed(rooms))
        elif kind == "stale":
            self.on_redis_unavailable(origin)
        elif kind == "resynced":
            self.on_redis_available(origin)
        elif kind == "draining":
            self.on_draining(origin, response.draining.time_left.ToTimedelta())

    def loses_events_while_stale(self) -> bool:
        return True

    def on_reconnected(self) -> None:
        self.forget_states()
        self.deliver(Gap(None, None))

    def _on_message(self, message: v1.BroadcastMessage) -> None:
        """After the change from one stream to the next, the next one may repeat what the other one has delivered."""
        if self.is_watched(message.room_id) and self._is_new(message.message_id):
            self.deliver(Message(message.room_id, message.sender_id, message.payload))

    def _is_new(self, id: str) -> bool:
        if not id:  # Of an older server.
            return True
        if id in self._delivered:
            return False
        self._delivered[id] = None
        if len(self._delivered) > self._MAX_IDS:
            del self._delivered[next(iter(self._delivered))]
        return True

    def _on_gap(self, gap: v1.BroadcastGap) -> None:
        if not gap.room_id or self.is_watched(gap.room_id):
            self.deliver(Gap(gap.room_id or None, gap.lost if gap.HasField("lost") else None))

    def _on_subscribed(self, rooms: list[str]) -> None:
        subscribed = tuple(room for room in rooms if self.update(room, True))
        if subscribed:
            self.deliver(Subscribed(subscribed))


def _id_of(event: Any) -> str | None:
    if isinstance(event, (Online, Offline)):
        return event.user
    if isinstance(event, (Typing, Message)):
        return event.room
    return None
