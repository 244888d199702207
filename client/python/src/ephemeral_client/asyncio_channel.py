"""The channel under the generated asyncio stubs: deadlines, bearer token, retries and `EphemeralError`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import grpc
from grpc import aio

from ephemeral_client.blocking_channel import authorized
from ephemeral_client.errors import error_of
from ephemeral_client.retry import RetryThrottle
from ephemeral_client.settings import Settings, Token


def open_channel(settings: Settings) -> AsyncRetryingChannel:
    """In the running event loop."""
    credentials = settings.channel_credentials()
    target, options = settings.channel_target(), settings.channel_options()
    if credentials is None:
        channel = aio.insecure_channel(target, options)
    else:
        channel = aio.secure_channel(target, credentials, options)
    return AsyncRetryingChannel(channel, settings.deadline, settings.token_source())


class AsyncRetryingChannel(aio.Channel):
    """Unary calls have a deadline and are retried where that is safe. Streams pass through, with the token."""

    def __init__(self, channel: aio.Channel, deadline: float, token: Token | None) -> None:
        self._channel = channel
        self._deadline = deadline
        self._token = token
        self._throttle = RetryThrottle()

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        call = self._channel.unary_unary(method, *args, **kwargs)
        return AsyncRetryingCall(call, self._deadline, self._token, self._throttle)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return _with_token(self._channel.unary_stream(method, *args, **kwargs), self._token)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return _with_token(self._channel.stream_unary(method, *args, **kwargs), self._token)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return _with_token(self._channel.stream_stream(method, *args, **kwargs), self._token)

    async def close(self, grace: float | None = None) -> None:
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._channel.channel_ready()

    async def __aenter__(self) -> AsyncRetryingChannel:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()


class AsyncRetryingCall:
    """A unary RPC of up to 3 attempts. Its result is awaitable, and has none of the other methods of gRPC's calls."""

    def __init__(self, call: Any, deadline: float, token: Token | None, throttle: RetryThrottle) -> None:
        self._call = call
        self._deadline = deadline
        self._token = token
        self._throttle = throttle

    async def __call__(
        self,
        request: Any,
        *,
        timeout: float | None = None,
        metadata: Any = None,
        **options: Any,
    ) -> Any:
        if timeout is None:
            timeout = self._deadline
        if self._token is not None:
            metadata = authorized(metadata, self._token)
        end = time.monotonic() + timeout
        attempt = 1
        while True:
            try:
                response = await self._call(request, timeout=timeout, metadata=metadata, **options)
            except grpc.RpcError as e:
                error = error_of(e)
                self._throttle.failed(error.code)
                wait = self._throttle.wait_after(attempt, error, request, end - time.monotonic())
                if wait is None:
                    raise error from e
                await asyncio.sleep(wait)
                attempt += 1
                timeout = end - time.monotonic()
            else:
                self._throttle.succeeded()
                return response

    def once(self, request: Any, timeout: float) -> Coroutine[Any, Any, Any]:
        """One attempt, for a caller that has a fallback: a retry would only delay it."""

        async def invoke() -> Any:
            metadata = None if self._token is None else authorized(None, self._token)
            try:
                return await self._call(request, timeout=timeout, metadata=metadata)
            except grpc.RpcError as e:
                raise error_of(e) from e

        return invoke()


def _with_token(call: Any, token: Token | None) -> Any:
    if token is None:
        return call

    def invoke(*args: Any, metadata: Any = None, **options: Any) -> Any:
        return call(*args, metadata=authorized(metadata, token), **options)

    return invoke
