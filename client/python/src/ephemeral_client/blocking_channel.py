"""The channel under the generated blocking stubs: deadlines, bearer token, retries and `EphemeralError`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import grpc

from ephemeral_client.errors import error_of
from ephemeral_client.retry import RetryThrottle
from ephemeral_client.settings import Settings, Token, require_token


def open_channel(settings: Settings) -> RetryingChannel:
    credentials = settings.channel_credentials()
    target, options = settings.channel_target(), settings.channel_options()
    if credentials is None:
        channel = grpc.insecure_channel(target, options)
    else:
        channel = grpc.secure_channel(target, credentials, options)
    return RetryingChannel(channel, settings.deadline, settings.token_source())


class RetryingChannel(grpc.Channel):
    """Unary calls have a deadline and are retried where that is safe. Streams pass through, with the token."""

    def __init__(self, channel: grpc.Channel, deadline: float, token: Token | None) -> None:
        self._channel = channel
        self._deadline = deadline
        self._token = token
        self._throttle = RetryThrottle()

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        call = self._channel.unary_unary(method, *args, **kwargs)
        return RetryingCall(call, self._deadline, self._token, self._throttle)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return _with_token(self._channel.unary_stream(method, *args, **kwargs), self._token)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return _with_token(self._channel.stream_unary(method, *args, **kwargs), self._token)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return _with_token(self._channel.stream_stream(method, *args, **kwargs), self._token)

    def subscribe(self, callback: Callable[[Any], Any], try_to_connect: bool | None = False) -> None:
        self._channel.subscribe(callback, bool(try_to_connect))

    def unsubscribe(self, callback: Callable[[Any], Any]) -> None:
        self._channel.unsubscribe(callback)

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> RetryingChannel:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class RetryingCall:
    """A unary RPC of up to 3 attempts. Has the shape of `grpc.UnaryUnaryMultiCallable`."""

    def __init__(self, call: Any, deadline: float, token: Token | None, throttle: RetryThrottle) -> None:
        self._call = call
        self._deadline = deadline
        self._token = token
        self._throttle = throttle

    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        if timeout is None:
            timeout = self._deadline
        if self._token is not None:
            metadata = authorized(metadata, self._token)
        end = time.monotonic() + timeout
        attempt = 1
        while True:
            try:
                response = self._call(request, timeout, metadata, credentials, wait_for_ready, compression)
            except grpc.RpcError as e:
                error = error_of(e)
                self._throttle.failed(error.code)
                wait = self._throttle.wait_after(attempt, error, request, end - time.monotonic())
                if wait is None:
                    raise error from e
                time.sleep(wait)
                attempt += 1
                timeout = end - time.monotonic()
            else:
                self._throttle.succeeded()
                return response

    def with_call(self, request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        """Not retried; raises `EphemeralError`. For the metadata of the response."""
        try:
            return self._call.with_call(request, self._default(timeout), self._authorize(metadata), **options)
        except grpc.RpcError as e:
            raise error_of(e) from e

    def future(self, request: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        """Not retried. The future fails with the exception of gRPC; `error_of` makes an `EphemeralError` of it."""
        return self._call.future(request, self._default(timeout), self._authorize(metadata), **options)

    def _default(self, timeout: float | None) -> float:
        return self._deadline if timeout is None else timeout

    def _authorize(self, metadata: Any) -> Any:
        return metadata if self._token is None else authorized(metadata, self._token)


def authorized(metadata: Any, token: Token) -> Any:
    present = token()
    return (*(metadata or ()), ("authorization", "Bearer " + require_token(present))) if present else metadata


def _with_token(call: Any, token: Token | None) -> Any:
    if token is None:
        return call

    def invoke(requests: Any, timeout: float | None = None, metadata: Any = None, **options: Any) -> Any:
        return call(requests, timeout, authorized(metadata, token), **options)

    return invoke
