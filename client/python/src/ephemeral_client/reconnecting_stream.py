"""A bidirectional stream that is reopened whenever it ends. Confined to its event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Protocol

import grpc
from grpc import aio

from ephemeral_client.errors import EphemeralError, error_of
from ephemeral_client.retry import up_to_a_fifth_longer, up_to_half_shorter

_log = logging.getLogger("ephemeral_client")

_FIRST_WAIT = 0.1
_MAX_WAIT = 5.0


class Backoff:
    """The wait before the next attempt to open a stream: the server's retry delay, or else 100 ms, doubled with each
    failure up to 5 s. A retry delay is lengthened by up to a fifth, an own wait shortened by up to half."""

    def __init__(self) -> None:
        self._failures = 0

    def next(self, retry_delay: timedelta | None = None) -> float:
        own = min(_FIRST_WAIT * 2 ** min(self._failures, 6), _MAX_WAIT)
        self._failures += 1
        if retry_delay is None:
            return up_to_half_shorter(own)
        return up_to_a_fifth_longer(min(retry_delay.total_seconds(), _MAX_WAIT))

    def reset(self) -> None:
        self._failures = 0


class StreamListener(Protocol):
    """Receives the events of a `ReconnectingStream`."""

    def on_open(self) -> None:
        """A new stream is writable. Nothing was sent on it yet."""

    def on_ready(self) -> None:
        """More can be sent."""

    def on_connected(self) -> None:
        """The first message of this stream follows."""

    def on_message(self, message: Any) -> None: ...

    def on_break(self, cause: EphemeralError) -> None:
        """The stream ended or could not be opened. The next attempt follows, unless the stream is retired."""

    def on_finished(self) -> None:
        """The server ended the stream after `half_close`. Called last."""

    async def readable(self) -> None:
        """Returns when the next message can be handled. What cannot be handled yet waits on the server."""


class ReconnectingStream:
    def __init__(self, open_call: Callable[[], Any]) -> None:
        self._open_call = open_call
        self._backoff = Backoff()
        self._listener: StreamListener | None = None
        self._call: Any = None  # None before the first attempt and while waiting for the next.
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._outgoing: deque[Any] = deque()
        self._wake_writer = asyncio.Event()
        self._is_open = False
        self._is_writing = False
        self._is_retired = False
        self._is_half_closed = False
        self._is_closed = False
        self._unpaused = asyncio.Event()
        self._unpaused.set()

    def start(self, listener: StreamListener) -> None:
        self._listener = listener
        self._open()

    @property
    def is_ready(self) -> bool:
        """Whether a message can be sent without queueing it in memory. Check before each `send`."""
        return self._is_open and not self._is_half_closed and not self._is_writing and not self._outgoing

    def send(self, message: Any) -> None:
        self._outgoing.append(message)
        self._wake_writer.set()

    def abort(self, reason: str) -> None:
        """Cancels the current stream and opens the next one. Messages that still arrive are dropped."""
        if self._call is not None:
            self._on_broken(EphemeralError(grpc.StatusCode.UNAVAILABLE, reason))

    def retire(self) -> None:
        """Does not reopen the stream when it ends."""
        self._is_retired = True

    def half_close(self) -> None:
        """Sends nothing more, so that the server ends a stream that is retired."""
        self._is_half_closed = True
        self._wake_writer.set()

    def pause(self) -> None:
        """Reads no message until `resume`."""
        self._unpaused.clear()

    def resume(self) -> None:
        self._unpaused.set()

    def close(self) -> None:
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._end_call()

    async def wait_closed(self) -> None:
        """After `close`: gRPC reports to the loop until its calls have ended."""
        if self._ending:
            await asyncio.wait(set(self._ending), timeout=1.0)

    def _open(self) -> None:
        if self._is_closed:
            return
        self._timer = None
        self._outgoing.clear()
        self._wake_writer.clear()
        try:
            call = self._open_call()
        except (aio.UsageError, ValueError) as e:  # The channel is closed.
            self._on_broken(EphemeralError(grpc.StatusCode.UNAVAILABLE, str(e)))
            return
        self._call = call
        self._spawn(self._write(call))
        self._spawn(self._read(call))

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, call: Any) -> None:
        try:
            await call.wait_for_connection()
            if call is not self._call:
                return
            self._is_open = True
            self._listening.on_open()
            self._listening.on_ready()
            while call is self._call:
                await self._wake_writer.wait()
                self._wake_writer.clear()
                while self._outgoing and call is self._call:
                    self._is_writing = True
                    await call.write(self._outgoing.popleft())
                    if call is not self._call:
                        return
                    self._is_writing = False
                    if not self._outgoing:
                        self._listening.on_ready()
                if self._is_half_closed and call is self._call:
                    await call.done_writing()
                    return
        except (grpc.RpcError, asyncio.InvalidStateError):
            pass  # The reader reports it.

    async def _read(self, call: Any) -> None:
        is_connected = False
        try:
            while True:
                await self._unpaused.wait()
                await self._listening.readable()
                message = await call.read()
                if call is not self._call:
                    return
                if message is aio.EOF:
                    self._on_ended()
                    return
                if not is_connected:
                    is_connected = True
                    self._backoff.reset()
                    self._listening.on_connected()
                self._listening.on_message(message)
        except grpc.RpcError as e:
            if call is self._call:
                self._on_broken(error_of(e))
        except Exception:  # A defect. Without this the stream would never continue.
            _log.exception("Unexpected error in a stream")
            if call is self._call:
                self._on_broken(EphemeralError(grpc.StatusCode.INTERNAL, "Unexpected error in the client"))

    def _on_ended(self) -> None:
        if self._is_half_closed:
            self._end_call()
            self._listening.on_finished()
        else:
            self._on_broken(EphemeralError(grpc.StatusCode.UNAVAILABLE, "The server ended the stream"))

    def _on_broken(self, cause: EphemeralError) -> None:
        self._end_call()
        if self._is_closed:
            return
        if not self._is_retired:
            wait = self._backoff.next(cause.retry_delay)
            self._timer = asyncio.get_running_loop().call_later(wait, self._open)
        self._listening.on_break(cause)

    def _end_call(self) -> None:
        call, self._call = self._call, None
        self._is_open = self._is_writing = False
        if call is not None:
            call.cancel()
            ending = asyncio.get_running_loop().create_task(call.code())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        current = asyncio.current_task()
        for task in list(self._tasks):
            if task is not current:
                task.cancel()

    @property
    def _listening(self) -> StreamListener:
        assert self._listener is not None, "start() comes first"  # noqa: S101
        return self._listener
