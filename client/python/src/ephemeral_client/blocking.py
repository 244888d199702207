"""The blocking forms of the cache and the streams. They run on the event loop of the client's own thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from ephemeral_client.events import HeartbeatEvent
from ephemeral_client.heartbeats import AsyncHeartbeats
from ephemeral_client.read_through import AsyncReadThrough
from ephemeral_client.settings import Settings
from ephemeral_client.watches import AsyncWatch

Loader = Callable[[str], "str | None"]
Event = TypeVar("Event")
_T = TypeVar("_T")


class LoopThread(Protocol):
    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...


class ReadThrough:
    """Reads objects through the cache, as `AsyncReadThrough` does. Loaders run on up to `max_loads` threads."""

    def __init__(
        self,
        run: Callable[[Coroutine[Any, Any, Any]], Any],
        cache: AsyncReadThrough,
        settings: Settings,
        name: str,
    ) -> None:
        self._run = run
        self._cache = cache
        self._threads = ThreadPoolExecutor(settings.max_loads, f"ephemeral-{name}-load")

    def get(self, id: str, loader: Loader, *, max_wait: float | None = None) -> str | None:
        """Reads the object from the cache, or else from the loader, which runs on a thread of the client."""

        async def load(id: str) -> str | None:
            return await asyncio.get_running_loop().run_in_executor(self._threads, loader, id)

        value: str | None = self._run(self._cache.get(id, load, max_wait=max_wait))
        return value

    def evict(self, id: str) -> bool:
        """Removes an object from the cache. Call it after the change is committed. Returns whether it was cached."""
        return bool(self._run(self._cache.evict(id)))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Heartbeats(Iterator[HeartbeatEvent]):
    """Keeps many users online, as `AsyncHeartbeats` does. Thread-safe; iterate in one thread."""

    def __init__(self, loop: LoopThread, heartbeats: AsyncHeartbeats) -> None:
        self._loop = loop
        self._heartbeats = heartbeats

    def add(self, user: str, connection: str = "") -> None:
        """Keeps a user, or one connection of the user, online, starting within 100 ms."""
        _call(self._loop, lambda: self._heartbeats.add(user, connection))

    def remove(self, user: str, connection: str = "") -> None:
        """Ends one connection of a user, or a user without connections: offline if it was the last one."""
        _call(self._loop, lambda: self._heartbeats.remove(user, connection))

    def stop(self, user: str, connection: str = "") -> None:
        """Stops the heartbeats. The user, or the connection, goes offline 10 s after the last one."""
        _call(self._loop, lambda: self._heartbeats.stop(user, connection))

    def remove_all(self) -> None:
        """Removes all as `remove` does, and waits until all calls have ended, successfully or not."""
        self._loop.run(self._heartbeats.remove_all())

    def close(self) -> None:
        """Stops all heartbeats and sets no user offline."""
        _close(self._loop, self._heartbeats.close)

    def __next__(self) -> HeartbeatEvent:
        return _next(self._loop, self._heartbeats.__anext__)

    def __enter__(self) -> Heartbeats:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Watch(Iterator[Event], Generic[Event]):
    """A set of watched ids on one stream, as `AsyncWatch` is. Thread-safe; iterate in one thread."""

    def __init__(self, loop: LoopThread, watch: AsyncWatch[Event]) -> None:
        self._loop = loop
        self._watch = watch

    def add(self, ids: str | Collection[str]) -> None:
        """Adds ids. Raises ValueError if one breaks the rule or there would be more than 20,000; none is added then."""
        _call(self._loop, lambda: self._watch.add(ids))

    def remove(self, ids: str | Iterable[str]) -> None:
        """Removes ids. No later event is about one of them."""
        _call(self._loop, lambda: self._watch.remove(ids))

    def close(self) -> None:
        """Ends the stream, and the iteration."""
        _close(self._loop, self._watch.close)

    def __next__(self) -> Event:
        return _next(self._loop, self._watch.__anext__)

    def __enter__(self) -> Watch[Event]:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _call(loop: LoopThread, action: Callable[[], None]) -> None:
    async def on_loop() -> None:
        action()

    loop.run(on_loop())


def _close(loop: LoopThread, action: Callable[[], None]) -> None:
    try:
        _call(loop, action)
    except RuntimeError:
        pass  # The client is closed, and this with it.


def _next(loop: LoopThread, read: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    async def on_loop() -> tuple[_T] | None:  # StopAsyncIteration cannot pass a future.
        try:
            return (await read(),)
        except StopAsyncIteration:
            return None

    try:
        result = loop.run(on_loop())
    except RuntimeError:
        raise StopIteration from None  # The client is closed.
    if result is None:
        raise StopIteration
    return result[0]
