"""When the next heartbeat of each user and connection is due."""

from __future__ import annotations

import heapq
import random
from typing import NamedTuple

TICK = 0.1

_INTERVAL = 3.0  # Until the first response sets it.
_LIFETIME = 10.0
_JITTER = 0.1
_MAX_DOUBLINGS = 10


class HeartbeatKey(NamedTuple):
    """One series of heartbeats. The connection is empty for a user without connections."""

    user: str
    connection: str


class HeartbeatTimer:
    """The schedule of one key's heartbeats. Times are those of `time.monotonic`."""

    __slots__ = (
        "accepted_at",
        "due",
        "is_in_flight",
        "is_leaving",
        "is_removed",
        "key",
        "rejections",
        "was_accepted",
    )

    def __init__(self, key: HeartbeatKey, due: float) -> None:
        self.key = key
        self.due = due
        self.accepted_at = 0.0  # When the last accepted one was sent: the user's lifetime runs from there.
        self.was_accepted = False
        self.rejections = 0  # Since the last accepted one.
        self.is_in_flight = False  # If not, the timer is in the queue.
        self.is_leaving = False  # SetOffline follows once no heartbeat is in flight that could undo it.
        self.is_removed = False  # Still in the queue or in flight.

    def __lt__(self, other: HeartbeatTimer) -> bool:
        return self.due < other.due


class HeartbeatSchedule:
    """The first heartbeat is due at once, the second at a random moment of the interval, each later one up to a tenth
    of the interval early. Users added together are therefore spread evenly from the second heartbeat on, and bunches
    that form while the server is slow or unavailable dissolve by themselves."""

    def __init__(self) -> None:
        self.lifetime = _LIFETIME
        self.interval = _INTERVAL
        self._all: dict[HeartbeatKey, HeartbeatTimer] = {}
        self._queue: list[HeartbeatTimer] = []

    def update(self, next_in: float, expires_in: float) -> None:
        """Applies the server's interval and lifetime. Zero leaves the present value."""
        self.interval = next_in or self.interval
        self.lifetime = expires_in or self.lifetime

    def all_keys(self) -> list[HeartbeatKey]:
        return list(self._all)

    def get(self, key: HeartbeatKey) -> HeartbeatTimer | None:
        return self._all.get(key)

    def is_any_leaving(self) -> bool:
        return any(timer.is_leaving for timer in self._all.values())

    def add(self, key: HeartbeatKey, now: float) -> None:
        timer = HeartbeatTimer(key, now)
        self._all[key] = timer
        heapq.heappush(self._queue, timer)

    def remove(self, timer: HeartbeatTimer) -> None:
        timer.is_removed = True
        self._all.pop(timer.key, None)

    def take_due(self, now: float, most: int) -> list[HeartbeatTimer]:
        """Removes due timers from the queue, the longest due first. One of the methods below puts each back."""
        due: list[HeartbeatTimer] = []
        while self._queue and self._queue[0].due <= now and len(due) < most:
            timer = heapq.heappop(self._queue)
            if not timer.is_removed:
                timer.is_in_flight = True
                due.append(timer)
        return due

    def accepted(self, timer: HeartbeatTimer, sent_at: float) -> None:
        part = random.random()
        fraction = 1 - _JITTER * part if timer.was_accepted else (1 - _JITTER / 2) * part
        timer.was_accepted = True
        timer.accepted_at = sent_at
        timer.rejections = 0
        self._requeue(timer, sent_at + self.interval * fraction)

    def rejected(self, timer: HeartbeatTimer, now: float) -> None:
        """The first wait is a tick; it doubles with each further rejection, up to the interval."""
        wait = TICK * 2 ** min(timer.rejections, _MAX_DOUBLINGS)
        timer.rejections += 1
        self._requeue(timer, now + min(self.interval, wait))

    def lost(self, timer: HeartbeatTimer, now: float) -> None:
        """The stream broke: it is unknown whether the heartbeat arrived."""
        self._requeue(timer, now)

    def spread(self, now: float) -> None:
        """After a reconnect: schedules all heartbeats evenly within one interval, the user without one for longest
        first. A user whose lifetime would end before its turn, but has not ended yet, is scheduled earlier."""
        waiting = [timer for timer in self._queue if not timer.is_removed]
        waiting.sort(key=lambda timer: (timer.was_accepted, timer.accepted_at))
        for i, timer in enumerate(waiting):
            turn = now + self.interval * i / len(waiting)
            latest = timer.accepted_at + self.lifetime - self.interval / 2
            needs_earlier = timer.was_accepted and timer.accepted_at + self.lifetime > now and latest < turn
            timer.due = latest if needs_earlier else turn
        self._queue = waiting
        heapq.heapify(self._queue)

    def _requeue(self, timer: HeartbeatTimer, due: float) -> None:
        timer.is_in_flight = False
        timer.due = due
        if not timer.is_removed:
            heapq.heappush(self._queue, timer)
