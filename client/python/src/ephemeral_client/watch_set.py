"""The ids that a watch holds, and what each of its streams has not sent yet."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from itertools import islice

from ephemeral_client.ids import require_id

MAX_IDS = 20_000
"""The server's limit per stream."""

_MAX_PER_MESSAGE = 1_000


class StreamIds:
    """What one stream of a watch has not sent yet, and what its server has not acknowledged yet.

    An id that is added and removed before it is sent costs nothing, so memory is bounded by the number of ids.
    """

    def __init__(self) -> None:
        self._added: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._unacknowledged: set[str] = set()
        self._awaited: set[str] = set()

    def add(self, id: str) -> None:
        self._removed.pop(id, None)
        self._added[id] = None
        self._unacknowledged.add(id)

    def remove(self, id: str) -> None:
        self._added.pop(id, None)
        self._removed[id] = None
        self._unacknowledged.discard(id)
        self._awaited.discard(id)

    def reset(self, ids: Iterable[str]) -> None:
        """For a new stream: all these ids have to be sent and acknowledged."""
        self._removed.clear()
        self._added = dict.fromkeys(ids)
        self._unacknowledged = set(self._added)
        self.await_all()

    def next(self) -> tuple[list[str], list[str]] | None:
        """The added and the removed ids of the next message, or None if there are none."""
        if not self._added and not self._removed:
            return None
        return _take(self._added), _take(self._removed)

    def acknowledge(self, id: str) -> None:
        """The server sent something about this id."""
        self._unacknowledged.discard(id)
        self._awaited.discard(id)

    def is_acknowledged(self, id: str) -> bool:
        return id not in self._unacknowledged

    def await_all(self) -> None:
        """From now on `is_await_over` is about the present ids, those added later excluded: else it might never end."""
        self._awaited = set(self._unacknowledged)

    @property
    def is_await_over(self) -> bool:
        return not self._awaited


class _Entry:
    __slots__ = ("delivered", "version")

    def __init__(self) -> None:
        self.delivered: Hashable = None
        self.version = 0


class WatchSet:
    """The ids that a watch holds, the last state delivered for each, and the streams that follow their changes."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._streams: set[StreamIds] = set()

    def new_stream(self) -> StreamIds:
        """For a new stream, which has to send all ids and each later change."""
        stream = StreamIds()
        stream.reset(self._entries)
        self._streams.add(stream)
        return stream

    def reset(self, stream: StreamIds) -> None:
        """The stream broke: it has to send all ids again."""
        stream.reset(self._entries)

    def detach(self, stream: StreamIds) -> bool:
        """The stream receives no further change. Returns false if it did not receive any before."""
        was_attached = stream in self._streams
        self._streams.discard(stream)
        return was_attached

    def add(self, ids: Collection[str]) -> None:
        """Raises ValueError if an id breaks the rule or there would be more than 20,000; none is added then."""
        absent = [id for id in dict.fromkeys(map(require_id, ids)) if id not in self._entries]
        if len(self._entries) + len(absent) > MAX_IDS:
            raise ValueError(f"watched: {len(self._entries) + len(absent)} (expected: at most {MAX_IDS})")
        for id in absent:
            self._entries[id] = _Entry()
            for stream in self._streams:
                stream.add(id)

    def remove(self, ids: Iterable[str]) -> None:
        for id in ids:
            if self._entries.pop(id, None) is not None:
                for stream in self._streams:
                    stream.remove(id)

    def __contains__(self, id: str) -> bool:
        return id in self._entries

    def update(self, id: str, state: Hashable, version: int) -> bool:
        """Stores the state. Returns true if it has to be delivered: watched and changed."""
        entry = self._entries.get(id)
        if entry is None:
            return False
        is_changed = state != entry.delivered
        entry.delivered = state
        entry.version = version
        return is_changed

    def is_older(self, id: str, version: int) -> bool:
        """Whether a state with a later version was stored."""
        entry = self._entries.get(id)
        return entry is not None and version < entry.version

    def forget_states(self) -> None:
        """Each next state counts as changed."""
        for entry in self._entries.values():
            entry.delivered = None


def _take(ids: dict[str, None]) -> list[str]:
    taken = list(islice(ids, _MAX_PER_MESSAGE))
    for id in taken:
        del ids[id]
    return taken
