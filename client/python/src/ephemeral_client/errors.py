"""The one exception of failed calls, and what the server says in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from ephemeral_client.v1.error_reason_pb2 import ErrorReason

DOMAIN = "ephemeral.flowhub.io"
DETAILS = "grpc-status-details-bin"
PREFIX = "ERROR_REASON_"

UNRECOGNIZED = -1
"""The `EphemeralError.reason` of a server that is newer than this client; `reason_name` has its name."""


class EphemeralError(Exception):
    """A call failed. A denial of a rate limit is a normal response, never an error.

    Its text has the status, the reason and the message of the server, and never the request.
    """

    code: grpc.StatusCode
    """The status."""

    message: str
    """The message of the server or of gRPC, for logs. Do not parse it."""

    reason: int | None
    """A value of `ErrorReason`, `UNRECOGNIZED`, or None if no server of Ephemeral sent the error."""

    reason_name: str | None
    """The name of the reason, such as `ERROR_REASON_REDIS_UNAVAILABLE`."""

    retry_delay: timedelta | None
    """How long to wait before a retry, if the server sent it; retry only calls for which that is safe."""

    metadata: Mapping[str, str]
    """Of the reason, as each `ErrorReason` documents it, such as `field`, `rule` and `value`."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str = "",
        *,
        reason_name: str | None = None,
        retry_delay: timedelta | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.reason = None if reason_name is None else _reason(reason_name)
        self.reason_name = reason_name
        self.retry_delay = retry_delay
        self.metadata = dict(metadata or {})
        reason = f" ({reason_name.removeprefix(PREFIX)})" if reason_name else ""
        super().__init__(f"{code.name}{reason}: {message}")

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"reason_name": self.reason_name, "retry_delay": self.retry_delay, "metadata": dict(self.metadata)}
        return _restore, (self.code, self.message, state)


class LoadError(Exception):
    """An object was not cached and could not be loaded. The cause is what the loader raised, or a TimeoutError."""


def _restore(code: grpc.StatusCode, message: str, state: dict[str, Any]) -> EphemeralError:
    return EphemeralError(code, message, **state)


def _reason(name: str) -> int:
    try:
        return int(ErrorReason.Value(name))
    except ValueError:
        return UNRECOGNIZED


def error_of(failure: grpc.RpcError) -> EphemeralError:
    """Reads the details of a failed call. Details that cannot be parsed are treated as absent."""
    call: Any = failure  # Both kinds of gRPC, blocking and asyncio, have these three methods.
    code: grpc.StatusCode = call.code() or grpc.StatusCode.UNKNOWN
    message: str = call.details() or ""
    return error_of_status(code, message, call.trailing_metadata() or ())


def error_of_status(code: grpc.StatusCode, message: str, trailers: Iterable[tuple[str, str | bytes]]) -> EphemeralError:
    status = Status()
    for key, value in trailers:
        if key == DETAILS and isinstance(value, bytes):
            try:
                status = Status.FromString(value)
            except DecodeError:
                pass
    info, retry = ErrorInfo(), RetryInfo()
    is_ours = _unpack(status, info) and info.domain == DOMAIN  # A proxy may attach one with another domain.
    delay = None
    if _unpack(status, retry) and retry.HasField("retry_delay"):
        delay = retry.retry_delay.ToTimedelta()
        delay = None if delay < timedelta(0) else delay
    return EphemeralError(
        code,
        message,
        reason_name=info.reason if is_ours else None,
        retry_delay=delay,
        metadata=info.metadata if is_ours else None,
    )


def _unpack(status: Status, target: Message) -> bool:
    for detail in status.details:
        if detail.Is(target.DESCRIPTOR):
            try:
                return bool(detail.Unpack(target))
            except DecodeError:
                return False
    return False
