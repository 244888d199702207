"""Reads small JSON objects through the cache, and loads those that are not cached."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc

from ephemeral_client import v1
from ephemeral_client.errors import EphemeralError, LoadError
from ephemeral_client.settings import Settings

AsyncLoader = Callable[[str], Awaitable["str | None"]]

_T = TypeVar("_T")

_FIRST_PAUSE = 0.01
_MAX_BYTES = 5_120  # The server's limit for one object.


@dataclass(frozen=True)
class CacheReply:
    """The cache's reply for one id. Its repr has neither the JSON, which may be personal data, nor the lease."""

    state: int = v1.CacheState.CACHE_STATE_UNSPECIFIED
    json: str = field(default="", repr=False)
    lease: str = field(default="", repr=False)
    lease_left: float = 0.0

    @property
    def is_leased_elsewhere(self) -> bool:
        return self.state == v1.CacheState.CACHE_STATE_MISS and not self.lease


UNKNOWN = CacheReply()
"""The cache failed, or had no useful reply within the maximum wait."""


class CacheBackend:
    """The cache calls for one kind of object, `User` or `Product`: the same calls with different messages."""

    def __init__(self, kind: str, stub: Callable[[], Any]) -> None:
        self._kind = kind
        self._stub = stub

    async def get(self, id: str, timeout: float) -> CacheReply:
        """One attempt: on a failure the caller loads the object instead."""
        request = getattr(v1, f"GetCached{self._kind}Request")(id=id)
        response = await getattr(self._stub(), f"GetCached{self._kind}").once(request, timeout)
        wait = response.wait.ToTimedelta().total_seconds()
        return CacheReply(response.state, response.json, response.lease, wait)

    async def put(self, id: str, value: str | None, lease: str) -> None:
        content = {"negative": True} if value is None else {"json": value}
        request = getattr(v1, f"PutCached{self._kind}Request")(id=id, lease=lease, **content)
        await getattr(self._stub(), f"PutCached{self._kind}")(request)

    async def evict(self, id: str) -> bool:
        request = getattr(v1, f"EvictCached{self._kind}Request")(id=id)
        return bool((await getattr(self._stub(), f"EvictCached{self._kind}")(request)).evicted)


class _Lookup:
    """One lookup of one id, shared by all callers that read it at the same time."""

    def __init__(self) -> None:
        self.end = float("inf")
        self.task: asyncio.Task[str | None] | None = None


class AsyncReadThrough:
    """Reads objects through the cache; `AsyncEphemeralClient.users` and `products` are one each.

    Concurrent reads of one id in a process share one lookup and at most one load. Of several processes, one receives
    the lease to load and put the entry; the others poll after 10, 20, 40 ms and so on. After `max_cache_wait`, or if
    Ephemeral or its Redis is unavailable, the object is loaded and not cached. This process keeps no values.
    """

    def __init__(self, backend: CacheBackend, settings: Settings) -> None:
        self._backend = backend
        self._settings = settings
        self._lookups: dict[str, _Lookup] = {}
        self._refreshing: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._turns: asyncio.Semaphore | None = None
        self._is_closed = False

    async def get(self, id: str, loader: AsyncLoader, *, max_wait: float | None = None) -> str | None:
        """Reads the object from the cache, or else from the loader. None: the loader found none.

        The loader is not called if the object is cached or already being loaded. It returns one JSON object, or None,
        which is cached for 15 to 30 s. A value that is not a JSON object, or longer than 5,120 bytes of UTF-8, is
        returned and not cached. Load where a committed change is visible. The loader runs in a task and in a
        `contextvars.Context` of its own: a caller that ends does not cancel it.

        `max_wait` is the longest wait for the cache, where less time is left than `max_cache_wait`. Raises `LoadError`
        if the load failed, and `EphemeralError` for an invalid id only.
        """
        wait = self._settings.max_cache_wait
        wait = wait if max_wait is None else min(wait, max_wait)
        lookup = self._lookups.get(id)
        if lookup is None:
            lookup = self._lookups[id] = _Lookup()
            lookup.end = time.monotonic() + wait
            lookup.task = self._spawn(self._look_up(id, lookup, loader))
        else:  # The shortest wait of all callers counts.
            lookup.end = min(lookup.end, time.monotonic() + wait)
        assert lookup.task is not None  # noqa: S101
        try:
            return await asyncio.shield(lookup.task)
        except LoadError as e:  # Several callers may receive one failure: each has its own traceback.
            raise LoadError(*e.args) from e.__cause__

    async def evict(self, id: str) -> bool:
        """Removes an object from the cache, and detaches loads in flight. Call it after the change is committed.

        Returns whether it was cached. Raises `EphemeralError` if the call failed; the old object may then stay cached
        until it expires, 5 and a half minutes at most.
        """
        try:
            return await self._backend.evict(id)
        finally:
            self._lookups.pop(id, None)  # It may have read the old value; later callers start a new lookup.

    async def _look_up(self, id: str, lookup: _Lookup, loader: AsyncLoader) -> str | None:
        try:
            return await self._resolve(id, await self._poll(id, lookup), loader)
        finally:  # Before the result is visible, so that a caller that reads afterwards starts a new lookup.
            if self._lookups.get(id) is lookup:
                del self._lookups[id]

    async def _poll(self, id: str, lookup: _Lookup) -> CacheReply:
        pause = _FIRST_PAUSE
        while True:
            left = lookup.end - time.monotonic()
            if left <= 0:
                return UNKNOWN
            try:
                reply = await self._get_until(id, lookup)
            except EphemeralError as e:
                if e.code is grpc.StatusCode.INVALID_ARGUMENT:
                    raise
                return UNKNOWN
            if not reply.is_leased_elsewhere:
                return reply
            wait = min(pause, max(reply.lease_left, _FIRST_PAUSE))
            pause *= 2
            if lookup.end - time.monotonic() <= wait:
                wait = max(0.0, lookup.end - time.monotonic())  # The maximum wait ends before the next reply.
            await asyncio.sleep(wait)

    async def _get_until(self, id: str, lookup: _Lookup) -> CacheReply:
        """Ends early if another caller has shortened the wait."""
        call = asyncio.ensure_future(self._backend.get(id, lookup.end - time.monotonic()))
        try:
            while not call.done():
                left = lookup.end - time.monotonic()
                if left <= 0:
                    return UNKNOWN
                await asyncio.wait({call}, timeout=min(left, 0.05))
            return call.result()
        finally:
            call.cancel()

    async def _resolve(self, id: str, reply: CacheReply, loader: AsyncLoader) -> str | None:
        states = v1.CacheState
        if reply.state == states.CACHE_STATE_HIT:
            return reply.json
        if reply.state == states.CACHE_STATE_NEGATIVE:
            return None
        if reply.state == states.CACHE_STATE_STALE:
            if id not in self._refreshing:
                self._refreshing.add(id)
                self._spawn(self._refresh(id, reply.lease, loader))
            return reply.json
        if reply.state == states.CACHE_STATE_MISS and reply.lease:
            return await self._load_and_put(id, reply.lease, loader)
        return await self._load(id, loader)

    async def _refresh(self, id: str, lease: str, loader: AsyncLoader) -> None:
        try:
            await self._load_and_put(id, lease, loader)
        except LoadError:
            pass  # The next lease retries.
        finally:
            self._refreshing.discard(id)

    async def _load_and_put(self, id: str, lease: str, loader: AsyncLoader) -> str | None:
        """Does not wait for the put: the value is good whether or not it is stored. After a failed load the lease
        expires."""
        value = await self._load(id, loader)
        if value is None or len(value.encode()) <= _MAX_BYTES:
            self._spawn(self._put(id, value, lease))
        return value

    async def _put(self, id: str, value: str | None, lease: str) -> None:
        try:
            await self._backend.put(id, value, lease)
        except EphemeralError:
            pass  # Loaded again by the next reader.

    async def _load(self, id: str, loader: AsyncLoader) -> str | None:
        if self._is_closed:
            raise LoadError("Not loaded: the client is closed")
        has_turn = False

        async def in_turn() -> str | None:
            nonlocal has_turn
            if self._turns is None:
                self._turns = asyncio.Semaphore(self._settings.max_loads)
            async with self._turns:
                has_turn = True
                return await loader(id)

        try:
            value = await asyncio.wait_for(in_turn(), self._settings.load_deadline)
        except (asyncio.TimeoutError, TimeoutError) as e:
            limits = f"{self._settings.max_loads} loads at a time, {self._settings.load_deadline} s for each"
            raise LoadError(f"The loader took too long: {limits}" if has_turn else f"Too many loads: {limits}") from e
        except Exception as e:
            raise LoadError("The loader failed") from e
        if not (value is None or isinstance(value, str)):
            cause = TypeError(f"the loader returned {type(value).__name__} (expected: str or None)")
            raise LoadError("The loader failed") from cause
        return value

    def _spawn(self, coroutine: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """A task in an empty context: what is bound to the first caller, such as a database session, is not shared."""
        loop = asyncio.get_running_loop()
        task = contextvars.Context().run(loop.create_task, coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)
        return task

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Retrieved: all callers may have ended.

    async def close(self, grace: float) -> None:
        """Waits for loads and puts in flight, and cancels the rest."""
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=grace)
        for task in list(self._tasks):
            task.cancel()
