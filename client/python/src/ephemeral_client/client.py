"""The clients: a tuned gRPC channel, the generated stubs on it, the cache and the streams."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import uuid4

import grpc

from ephemeral_client import asyncio_channel, blocking_channel, v1
from ephemeral_client.blocking import Heartbeats, Loader, ReadThrough, Watch
from ephemeral_client.events import PresenceEvent, SubscriptionEvent, TypingEvent
from ephemeral_client.heartbeat_schedule import HeartbeatKey
from ephemeral_client.heartbeats import AsyncHeartbeats
from ephemeral_client.read_through import AsyncReadThrough, CacheBackend
from ephemeral_client.settings import Settings
from ephemeral_client.watches import AsyncPresenceWatch, AsyncSubscription, AsyncTypingWatch

if TYPE_CHECKING:
    from ephemeral_client.v1.broadcast_pb2_grpc import BroadcastServiceAsyncStub
    from ephemeral_client.v1.budget_pb2_grpc import BudgetServiceAsyncStub
    from ephemeral_client.v1.cache_pb2_grpc import CacheServiceAsyncStub
    from ephemeral_client.v1.feature_flag_pb2_grpc import FeatureFlagServiceAsyncStub
    from ephemeral_client.v1.otp_pb2_grpc import OtpServiceAsyncStub
    from ephemeral_client.v1.presence_pb2_grpc import PresenceServiceAsyncStub
    from ephemeral_client.v1.rate_limit_pb2_grpc import RateLimitServiceAsyncStub
    from ephemeral_client.v1.session_pb2_grpc import SessionServiceAsyncStub
    from ephemeral_client.v1.token_pb2_grpc import TokenServiceAsyncStub
    from ephemeral_client.v1.typing_pb2_grpc import TypingServiceAsyncStub

_T = TypeVar("_T")

__all__ = ["AsyncEphemeralClient", "EphemeralClient", "Loader"]


class AsyncEphemeralClient:
    """A connection to Ephemeral for asyncio, and the generated stubs on it.

    An application makes one, shares it and closes it at the end. It may be made before the event loop runs, and belongs
    to the loop of its first call. The arguments are those of `Settings`.

    A unary call without a `timeout` gets the deadline of the settings. It returns an awaitable; a failed call raises
    `EphemeralError`. A call that fails with UNAVAILABLE is retried within its deadline, with 3 attempts at most, if a
    second execution is safe.
    """

    def __init__(self, target: str | Settings, **settings: Any) -> None:
        self._settings = target if isinstance(target, Settings) else Settings(target, **settings)
        self._is_closed = False
        self._open_streams: set[Any] = set()
        self.users = AsyncReadThrough(CacheBackend("User", lambda: self.cache), self._settings)
        """Reads users through the cache."""
        self.products = AsyncReadThrough(CacheBackend("Product", lambda: self.cache), self._settings)
        """Reads products through the cache."""

    @classmethod
    def from_env(cls, **overrides: Any) -> AsyncEphemeralClient:
        """From the environment variables EPHEMERAL_CLIENT_..., see `Settings.from_env`."""
        return cls(Settings.from_env(**overrides))

    @cached_property
    def channel(self) -> grpc.aio.Channel:
        """The channel, for other stubs. Connects in the background."""
        if self._is_closed:
            raise RuntimeError("the client is closed")
        channel = asyncio_channel.open_channel(self._settings)
        channel.get_state(try_to_connect=True)
        return channel

    async def check_rate(
        self,
        user: str,
        action: str,
        *,
        hits: int = 1,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> v1.CheckRateResponse:
        """Consumes hits from a limit if they fit. Safe to retry: without a `request_id` it gets a fresh one."""
        request = v1.CheckRateRequest(
            user_id=user, action=action, hits=hits, request_id=uuid4().hex if request_id is None else request_id
        )
        return await self.rate_limits.CheckRate(request, timeout=timeout)

    @cached_property
    def rate_limits(self) -> RateLimitServiceAsyncStub:
        return v1.RateLimitServiceStub(self.channel)

    @cached_property
    def otp(self) -> OtpServiceAsyncStub:
        return v1.OtpServiceStub(self.channel)

    @cached_property
    def sessions(self) -> SessionServiceAsyncStub:
        return v1.SessionServiceStub(self.channel)

    @cached_property
    def tokens(self) -> TokenServiceAsyncStub:
        return v1.TokenServiceStub(self.channel)

    @cached_property
    def feature_flags(self) -> FeatureFlagServiceAsyncStub:
        return v1.FeatureFlagServiceStub(self.channel)

    @cached_property
    def cache(self) -> CacheServiceAsyncStub:
        return v1.CacheServiceStub(self.channel)

    @cached_property
    def presence(self) -> PresenceServiceAsyncStub:
        return v1.PresenceServiceStub(self.channel)

    @cached_property
    def typing(self) -> TypingServiceAsyncStub:
        return v1.TypingServiceStub(self.channel)

    @cached_property
    def broadcast(self) -> BroadcastServiceAsyncStub:
        return v1.BroadcastServiceStub(self.channel)

    @cached_property
    def budget(self) -> BudgetServiceAsyncStub:
        return v1.BudgetServiceStub(self.channel)

    def heartbeats(self) -> AsyncHeartbeats:
        """Starts to keep users online, none at first. Usually one per application."""

        def set_offline(key: HeartbeatKey) -> Any:
            return self.presence.SetOffline(v1.SetOfflineRequest(user_id=key.user, connection_id=key.connection))

        return self._opened(AsyncHeartbeats(self._call("presence", "StreamHeartbeats"), set_offline, self._closed))

    def watch_presence(self, users: str | list[str] = ()) -> AsyncPresenceWatch:  # type: ignore[assignment]
        """Starts to watch whether users are online. Usually one per application."""
        watch = self._opened(AsyncPresenceWatch(self._call("presence", "WatchPresence"), self._closed))
        watch.add(users)
        return watch

    def watch_typing(self, rooms: str | list[str] = ()) -> AsyncTypingWatch:  # type: ignore[assignment]
        """Starts to watch the users typing in rooms. Usually one per application."""
        watch = self._opened(AsyncTypingWatch(self._call("typing", "WatchTyping"), self._closed))
        watch.add(rooms)
        return watch

    def subscribe(
        self,
        rooms: str | list[str] = (),  # type: ignore[assignment]
        *,
        excluded_sender: str | None = None,
    ) -> AsyncSubscription:
        """Starts to receive the messages of rooms, without those of one sender, usually the reader itself."""
        call = self._call("broadcast", "Subscribe")
        subscription = self._opened(AsyncSubscription(call, self._closed, excluded_sender))
        subscription.add(rooms)
        return subscription

    async def wait_for_ready(self, timeout: float = 10.0) -> None:
        """Waits until a server is connected. Raises TimeoutError."""
        await asyncio.wait_for(self.channel.channel_ready(), timeout)

    async def close(self) -> None:
        """Ends the streams, waits up to one deadline for calls and loads in flight, and cancels the rest."""
        if self._is_closed:
            return
        self._is_closed = True
        streams = list(self._open_streams)
        for stream in streams:
            stream.close()
        await asyncio.gather(*(stream.wait_closed() for stream in streams))
        deadline = self._settings.deadline
        await asyncio.gather(self.users.close(deadline), self.products.close(deadline))
        if "channel" in self.__dict__:
            await self.channel.close(deadline)

    async def __aenter__(self) -> AsyncEphemeralClient:
        _ = self.channel  # Connects while the application starts, not at its first call.
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def _call(self, service: str, rpc: str) -> Callable[[], Any]:
        return cast(Callable[[], Any], getattr(getattr(self, service), rpc))

    def _opened(self, stream: _T) -> _T:
        self._open_streams.add(stream)
        return stream

    def _closed(self, stream: Any) -> None:
        self._open_streams.discard(stream)


class EphemeralClient:
    """A connection to Ephemeral, and the generated blocking stubs on it. Thread-safe.

    An application makes one, shares it and closes it at the end; a server that forks makes it after the fork. The
    arguments are those of `Settings`.

    A unary call without a `timeout` gets the deadline of the settings; a failed call raises `EphemeralError`. A call
    that fails with UNAVAILABLE is retried within its deadline, with 3 attempts at most, if a second execution is safe.

    `users`, `products` and the streams run on a thread of the client, which starts with the first of them, with a
    connection of its own.
    """

    def __init__(self, target: str | Settings, **settings: Any) -> None:
        self._settings = target if isinstance(target, Settings) else Settings(target, **settings)
        self._loop_thread = _LoopThread(self._settings)
        self.channel: grpc.Channel = blocking_channel.open_channel(self._settings)
        """The channel, for other stubs."""
        self.rate_limits = v1.RateLimitServiceStub(self.channel)
        self.otp = v1.OtpServiceStub(self.channel)
        self.sessions = v1.SessionServiceStub(self.channel)
        self.tokens = v1.TokenServiceStub(self.channel)
        self.feature_flags = v1.FeatureFlagServiceStub(self.channel)
        self.cache = v1.CacheServiceStub(self.channel)
        self.presence = v1.PresenceServiceStub(self.channel)
        self.typing = v1.TypingServiceStub(self.channel)
        self.broadcast = v1.BroadcastServiceStub(self.channel)
        self.budget = v1.BudgetServiceStub(self.channel)

    @classmethod
    def from_env(cls, **overrides: Any) -> EphemeralClient:
        """From the environment variables EPHEMERAL_CLIENT_..., see `Settings.from_env`."""
        return cls(Settings.from_env(**overrides))

    def check_rate(
        self,
        user: str,
        action: str,
        *,
        hits: int = 1,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> v1.CheckRateResponse:
        """Consumes hits from a limit if they fit. Safe to retry: without a `request_id` it gets a fresh one."""
        request = v1.CheckRateRequest(
            user_id=user, action=action, hits=hits, request_id=uuid4().hex if request_id is None else request_id
        )
        return self.rate_limits.CheckRate(request, timeout=timeout)

    @cached_property
    def users(self) -> ReadThrough:
        """Reads users through the cache."""
        return ReadThrough(self._loop_thread.run, self._loop_thread.client.users, self._settings, "user")

    @cached_property
    def products(self) -> ReadThrough:
        """Reads products through the cache."""
        return ReadThrough(self._loop_thread.run, self._loop_thread.client.products, self._settings, "product")

    def heartbeats(self) -> Heartbeats:
        """Starts to keep users online, none at first. Usually one per application."""
        return Heartbeats(self._loop_thread, self._loop_thread.call(lambda client: client.heartbeats()))

    def watch_presence(self, users: str | list[str] = ()) -> Watch[PresenceEvent]:  # type: ignore[assignment]
        """Starts to watch whether users are online. Usually one per application."""
        return Watch(self._loop_thread, self._loop_thread.call(lambda client: client.watch_presence(users)))

    def watch_typing(self, rooms: str | list[str] = ()) -> Watch[TypingEvent]:  # type: ignore[assignment]
        """Starts to watch the users typing in rooms. Usually one per application."""
        return Watch(self._loop_thread, self._loop_thread.call(lambda client: client.watch_typing(rooms)))

    def subscribe(
        self,
        rooms: str | list[str] = (),  # type: ignore[assignment]
        *,
        excluded_sender: str | None = None,
    ) -> Watch[SubscriptionEvent]:
        """Starts to receive the messages of rooms, without those of one sender, usually the reader itself."""
        return Watch(
            self._loop_thread,
            self._loop_thread.call(lambda client: client.subscribe(rooms, excluded_sender=excluded_sender)),
        )

    def wait_for_ready(self, timeout: float = 10.0) -> None:
        """Waits until a server is connected. Raises TimeoutError."""
        try:
            grpc.channel_ready_future(self.channel).result(timeout)
        except grpc.FutureTimeoutError:
            raise TimeoutError(f"no server of {self._settings.target} in {timeout} s") from None

    def close(self) -> None:
        """Ends the streams, waits up to one deadline for loads in flight, and cancels all calls."""
        self._loop_thread.close()
        for name in ("users", "products"):
            if name in self.__dict__:
                getattr(self, name).close()
        self.channel.close()

    def __enter__(self) -> EphemeralClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _LoopThread:
    """An asyncio client on a thread of its own, started on demand."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @cached_property
    def client(self) -> AsyncEphemeralClient:
        return AsyncEphemeralClient(self._settings)

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Runs a coroutine on the thread and waits for it. An interrupt of the caller cancels it."""
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        except RuntimeError:
            coroutine.close()
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, action: Callable[[AsyncEphemeralClient], _T]) -> _T:
        async def on_loop() -> _T:
            return action(self.client)

        return self.run(on_loop())

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            loop, thread = self._loop, self._thread
        if loop is not None and thread is not None and thread.is_alive():
            asyncio.run_coroutine_threadsafe(self.client.close(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the client is closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="ephemeral-client", daemon=True)
                self._thread.start()
            return self._loop
