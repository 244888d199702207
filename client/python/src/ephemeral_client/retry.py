"""When a failed call is sent again, the same for blocking and asyncio calls."""

from __future__ import annotations

import random

import grpc

from ephemeral_client.errors import EphemeralError
from ephemeral_client.retry_safety import is_safe

MAX_ATTEMPTS = 3
FIRST_WAIT = 0.05

MAX_WAIT = 10.0
"""If the server's retry delay is longer, the call is not retried: the caller reads the delay from the error."""


def up_to_a_fifth_longer(wait: float) -> float:
    """Randomizes a minimum wait, so that clients that failed together do not return together."""
    return wait * random.uniform(1.0, 1.2)


def up_to_half_shorter(wait: float) -> float:
    """Randomizes a maximum wait."""
    return wait * random.uniform(0.5, 1.0)


class RetryThrottle:
    """Stops retries while servers are down.

    Starts full at 100, loses 1 for each `UNAVAILABLE`, gains 0.1 for each success; retries are allowed while it is more
    than half full (gRFC A6).
    """

    _FULL = 1_000  # Tenths.

    def __init__(self) -> None:
        self._tenths = self._FULL

    def succeeded(self) -> None:
        if self._tenths < self._FULL:
            self._tenths += 1

    def failed(self, code: grpc.StatusCode) -> None:
        if code is grpc.StatusCode.UNAVAILABLE:
            self._tenths = max(0, self._tenths - 10)

    def allows_retry(self) -> bool:
        return self._tenths > self._FULL // 2

    def wait_after(self, attempt: int, error: EphemeralError, request: object, time_left: float) -> float | None:
        """How many seconds to wait before the attempt after this one (from 1), or None if it is the last."""
        may_retry = (
            error.code is grpc.StatusCode.UNAVAILABLE
            and attempt < MAX_ATTEMPTS
            and is_safe(request)
            and self.allows_retry()
        )
        if not may_retry:
            return None
        delay = FIRST_WAIT * 2 ** (attempt - 1) if error.retry_delay is None else error.retry_delay.total_seconds()
        if delay > MAX_WAIT:
            return None
        wait = up_to_a_fifth_longer(delay)
        return None if wait >= time_left else wait
