"""What the streams deliver."""

from __future__ import annotations

from dataclasses import dataclass, field

from ephemeral_client.errors import EphemeralError


@dataclass(frozen=True)
class Connected:
    """The server has sent its first message: after the first connect and after each reconnect."""


@dataclass(frozen=True)
class Disconnected:
    """The stream broke or could not be opened; it reconnects by itself. To log."""

    cause: EphemeralError


@dataclass(frozen=True)
class Stale:
    """The server or its Redis is unavailable: what was received may be out of date until `Resynced`."""


@dataclass(frozen=True)
class Resynced:
    """Follows `Stale` after all changes since then."""


@dataclass(frozen=True)
class Online:
    """The user is online: first the present state, then after each `Offline`."""

    user: str


@dataclass(frozen=True)
class Offline:
    """The user is offline: first the present state, then after each `Online`."""

    user: str


@dataclass(frozen=True)
class Typing:
    """All users that are typing in the room, sorted; at most 1,000. Replaces the list received before."""

    room: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """A message. Those that reached a server one after the other arrive in that order."""

    room: str
    sender: str
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class Gap:
    """Messages were lost at this point, because the reader was too slow or a connection broke."""

    room: str | None
    """None if messages of any room may be lost."""

    missed: int | None
    """The number of messages; None if it is unknown."""


@dataclass(frozen=True)
class Subscribed:
    """Messages of these rooms arrive from here on: after they were added and after each reconnect."""

    rooms: tuple[str, ...]


@dataclass(frozen=True)
class CameOnline:
    """A heartbeat marked this user online. The user was offline before."""

    user: str


@dataclass(frozen=True)
class Rejected:
    """The server rejects the id of this user; none of its heartbeats is sent until it is added again."""

    user: str
    message: str


ConnectionEvent = Connected | Disconnected
PresenceEvent = Online | Offline | Stale | Resynced | ConnectionEvent
TypingEvent = Typing | Stale | Resynced | ConnectionEvent
SubscriptionEvent = Message | Gap | Subscribed | Stale | Resynced | ConnectionEvent
HeartbeatEvent = CameOnline | Rejected | ConnectionEvent
