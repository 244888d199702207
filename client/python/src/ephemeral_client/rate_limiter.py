"""The decision of a rate limit, as a web server needs it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import uuid4

import grpc

from ephemeral_client import v1
from ephemeral_client.client import AsyncEphemeralClient, EphemeralClient
from ephemeral_client.errors import PREFIX, EphemeralError
from ephemeral_client.ids import escape_id

OnUnavailable = Literal["open", "closed"]

_log = logging.getLogger("ephemeral_client")
_UNAVAILABLE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})
_EXHAUSTED = frozenset({v1.ErrorReason.ERROR_REASON_OVERLOADED, v1.ErrorReason.ERROR_REASON_BUDGET_FULL})


@dataclass(frozen=True)
class Decision:
    """Whether a request may pass, and the headers of its response."""

    status: int
    """200, 429 if the limit is exhausted, 503 if Ephemeral is unavailable and the policy is closed, 400 if the key can
    be no id. In `ephemeral_client.asgi` also 500 where `check` raises."""

    headers: Mapping[str, str]
    """`RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` and `Retry-After`, as far as they have values."""

    @property
    def allowed(self) -> bool:
        return self.status == 200


class AsyncRateLimiter:
    """Checks one action. `key` names what is limited, such as a user or an IP address, and is escaped."""

    def __init__(
        self,
        client: AsyncEphemeralClient,
        action: str,
        *,
        on_unavailable: OnUnavailable = "open",
        deadline: float = 0.2,
    ) -> None:
        self._client = client
        self._policy = _Policy(action, on_unavailable)
        self._deadline = deadline

    async def check(self, key: str) -> Decision:
        """Consumes one hit. Raises `EphemeralError` for a mistake, such as a rejected token, a missing right or an
        action without a limit, with either `on_unavailable`."""
        request = self._policy.request(key)
        if request is None:
            return _BAD_KEY
        end = time.monotonic() + self._deadline
        try:
            response = await self._client.rate_limits.CheckRate(request, timeout=self._deadline)
        except EphemeralError as e:
            return self._policy.failed(e, end - time.monotonic())
        return decision_of(response)


class RateLimiter:
    """The blocking form of `AsyncRateLimiter`."""

    def __init__(
        self,
        client: EphemeralClient,
        action: str,
        *,
        on_unavailable: OnUnavailable = "open",
        deadline: float = 0.2,
    ) -> None:
        self._client = client
        self._policy = _Policy(action, on_unavailable)
        self._deadline = deadline

    def check(self, key: str) -> Decision:
        """Consumes one hit. Raises `EphemeralError` for a mistake, such as a rejected token, a missing right or an
        action without a limit, with either `on_unavailable`."""
        request = self._policy.request(key)
        if request is None:
            return _BAD_KEY
        end = time.monotonic() + self._deadline
        try:
            response = self._client.rate_limits.CheckRate(request, timeout=self._deadline)
        except EphemeralError as e:
            return self._policy.failed(e, end - time.monotonic())
        return decision_of(response)


class _Policy:
    def __init__(self, action: str, on_unavailable: OnUnavailable) -> None:
        if on_unavailable not in ("open", "closed"):
            raise ValueError(f"on_unavailable: {on_unavailable!r} (expected: open or closed)")
        self._action = action
        self._is_open = on_unavailable == "open"

    def request(self, key: str) -> v1.CheckRateRequest | None:
        """None if the key can be no id. With a request id of its own, so that a retry consumes nothing twice."""
        try:
            user = escape_id(key)
        except ValueError:
            return None
        return v1.CheckRateRequest(user_id=user, action=self._action, request_id=uuid4().hex)

    def failed(self, error: EphemeralError, time_left: float) -> Decision:
        if not _is_unavailable(error, time_left):
            reason = (error.reason_name or "no reason").removeprefix(PREFIX)
            _log.error("Rate limit %s not checked, request fails: %s (%s)", self._action, error.code.name, reason)
            raise error
        _log.warning("Rate limit %s not checked, requests %s: %s", self._action, self._effect, error)
        if self._is_open:
            return Decision(200, {})
        delay = error.retry_delay
        return Decision(503, {} if delay is None else {"Retry-After": _seconds(delay)})

    @property
    def _effect(self) -> str:
        return "pass" if self._is_open else "are rejected"


def _is_unavailable(error: EphemeralError, time_left: float) -> bool:
    """Whether the service is in trouble. Any other failure is a mistake that lasts: to pass would hide it."""
    if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return error.reason in _EXHAUSTED
    return error.code in _UNAVAILABLE or (error.code is grpc.StatusCode.CANCELLED and time_left <= 0)


_BAD_KEY = Decision(400, {})


def decision_of(response: v1.CheckRateResponse) -> Decision:
    headers: dict[str, str] = {}
    if response.limit:
        headers["RateLimit-Limit"] = str(response.limit)
        headers["RateLimit-Remaining"] = str(response.remaining)
    if response.HasField("reset_after"):
        headers["RateLimit-Reset"] = _seconds(response.reset_after.ToTimedelta())
    if response.allowed:
        return Decision(200, headers)
    if response.HasField("retry_after"):
        headers["Retry-After"] = _seconds(response.retry_after.ToTimedelta())
    return Decision(429, headers)


def _seconds(duration: timedelta) -> str:
    """Whole seconds, rounded up: a request that comes after that passes."""
    return str(math.ceil(duration.total_seconds()))
