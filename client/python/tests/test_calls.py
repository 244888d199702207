"""Deadlines, retries and errors of unary calls: blocking and asyncio alike."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from conftest import FakeServer, fail

from ephemeral_client import UNRECOGNIZED, AsyncEphemeralClient, EphemeralClient, EphemeralError, v1

ALLOWED = v1.CheckRateResponse(allowed=True)

Call = Callable[..., Any]


def blocking(target: str, **settings: Any) -> Call:
    def call(stub: str, rpc: str, *requests: Any, **options: Any) -> Any:
        with EphemeralClient(target, plaintext=True, deadline=20.0, **settings) as client:
            results = []
            for request in requests:
                results.append(getattr(getattr(client, stub), rpc)(request, **options))
            return results[-1]

    return call


def asynchronous(target: str, **settings: Any) -> Call:
    def call(stub: str, rpc: str, *requests: Any, **options: Any) -> Any:
        async def run() -> Any:
            async with AsyncEphemeralClient(target, plaintext=True, deadline=20.0, **settings) as client:
                results = []
                for request in requests:
                    results.append(await getattr(getattr(client, stub), rpc)(request, **options))
                return results[-1]

        return asyncio.run(run())

    return call


both = pytest.mark.parametrize("client", [blocking, asynchronous])


def failing(times: int, **failure: Any) -> Callable[[Any, grpc.ServicerContext], Any]:
    left = [times]

    def handler(request: Any, context: grpc.ServicerContext) -> Any:
        if left[0] > 0:
            left[0] -= 1
            fail(context, **failure)
        return ALLOWED

    return handler


@both
def test_call_with_a_request_id_is_sent_again(client: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = failing(2)
    response = client(server.target)("rate_limits", "CheckRate", v1.CheckRateRequest(request_id="r"))
    assert response.allowed
    assert [request.request_id for _, request, _ in server.calls] == ["r", "r", "r"]


@both
def test_call_without_a_request_id_is_not_sent_again(client: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = failing(1)
    with pytest.raises(EphemeralError) as raised:
        client(server.target)("rate_limits", "CheckRate", v1.CheckRateRequest(user_id="alice"))
    assert raised.value.code is grpc.StatusCode.UNAVAILABLE
    assert raised.value.reason == v1.ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE
    assert len(server.calls) == 1


@both
def test_call_fails_after_three_attempts(client: Any, server: FakeServer) -> None:
    server.handlers["GetFlag"] = failing(9)
    with pytest.raises(EphemeralError):
        client(server.target)("feature_flags", "GetFlag", v1.GetFlagRequest())
    assert len(server.calls) == 3


@both
def test_other_errors_are_not_retried(client: Any, server: FakeServer) -> None:
    overloaded = {"code": grpc.StatusCode.RESOURCE_EXHAUSTED, "reason": "ERROR_REASON_OVERLOADED"}
    server.handlers["GetFlag"] = failing(9, **overloaded, delay=timedelta(milliseconds=1))
    with pytest.raises(EphemeralError):
        client(server.target)("feature_flags", "GetFlag", v1.GetFlagRequest())
    assert len(server.calls) == 1


@both
def test_retry_waits_for_the_delay_of_the_server(client: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = failing(1, delay=timedelta(milliseconds=700))
    begin = time.monotonic()
    client(server.target)("rate_limits", "CheckRate", v1.CheckRateRequest(request_id="r"))
    assert time.monotonic() - begin >= 0.7
    assert len(server.calls) == 2


@both
@pytest.mark.parametrize(("seconds", "timeout"), [(11, 60.0), (9, 8.0)])
def test_no_retry_after_a_long_delay_or_past_the_deadline(
    client: Any, seconds: int, timeout: float, server: FakeServer
) -> None:
    delay = timedelta(seconds=seconds)
    server.handlers["CheckRate"] = failing(1, delay=delay)
    with pytest.raises(EphemeralError) as raised:
        client(server.target)("rate_limits", "CheckRate", v1.CheckRateRequest(request_id="r"), timeout=timeout)
    assert raised.value.retry_delay == delay
    assert len(server.calls) == 1


@both
def test_retries_stop_after_fifty_failures(client: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = failing(1_000, delay=timedelta(0))
    call = client(server.target)
    if client is asynchronous:

        async def run() -> None:
            async with AsyncEphemeralClient(server.target, plaintext=True) as own:
                for _ in range(30):
                    with pytest.raises(EphemeralError):
                        await own.check_rate("alice", "login")

        asyncio.run(run())
    else:
        with EphemeralClient(server.target, plaintext=True) as own:
            for _ in range(30):
                with pytest.raises(EphemeralError):
                    own.check_rate("alice", "login")
    assert call is not None
    # 16 calls of 3 attempts, one of 2 that reaches half of the throttle, and 13 of one attempt.
    assert len(server.calls) == 16 * 3 + 2 + 13


@both
def test_call_without_an_answer_ends_at_its_deadline(client: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = lambda request, context: time.sleep(1)
    with pytest.raises(EphemeralError) as raised:
        client(server.target)("rate_limits", "CheckRate", v1.CheckRateRequest(), timeout=0.3)
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert raised.value.reason is None


@both
def test_token_is_sent_with_each_call(client: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = failing(0)
    tokens = iter(["one", "two"])
    requests = [v1.CheckRateRequest(), v1.CheckRateRequest()]
    client(server.target, token=lambda: next(tokens))("rate_limits", "CheckRate", *requests)
    assert [metadata["authorization"] for _, _, metadata in server.calls] == ["Bearer one", "Bearer two"]


def test_check_rate_sends_a_fresh_request_id(server: FakeServer) -> None:
    server.handlers["CheckRate"] = failing(1)
    with EphemeralClient(server.target, plaintext=True, deadline=20) as client:
        client.check_rate("alice", "login")
        client.check_rate("alice", "login", request_id="own")
    ids = [request.request_id for _, request, _ in server.calls]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 32
    assert ids[2] == "own"


def test_error_has_the_details_of_the_server_and_not_the_request(server: FakeServer) -> None:
    metadata = {"field": "user_id", "rule": "1 to 128 bytes", "value": ""}
    server.handlers["VerifyOtp"] = failing(
        1, code=grpc.StatusCode.INVALID_ARGUMENT, reason="ERROR_REASON_INVALID_FIELD", metadata=metadata
    )
    with pytest.raises(EphemeralError) as raised:
        blocking(server.target)("otp", "VerifyOtp", v1.VerifyOtpRequest(user_id="alice", code="123456"))
    error = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert error.reason == v1.ErrorReason.ERROR_REASON_INVALID_FIELD
    assert error.metadata == metadata
    assert str(error) == "INVALID_ARGUMENT (INVALID_FIELD): the message"
    assert "123456" not in repr(error)


def test_reason_of_a_newer_server_and_of_a_proxy(server: FakeServer) -> None:
    server.handlers["VerifyOtp"] = failing(1, reason="ERROR_REASON_OF_TOMORROW")
    with pytest.raises(EphemeralError) as raised:
        blocking(server.target)("otp", "VerifyOtp", v1.VerifyOtpRequest())
    assert (raised.value.reason, raised.value.reason_name) == (UNRECOGNIZED, "ERROR_REASON_OF_TOMORROW")
    server.handlers["VerifyOtp"] = failing(1, domain="proxy.example")
    with pytest.raises(EphemeralError) as raised:
        blocking(server.target)("otp", "VerifyOtp", v1.VerifyOtpRequest())
    assert raised.value.reason is None


@both
def test_unreachable_server_fails_at_once(client: Any) -> None:
    with pytest.raises(EphemeralError) as raised:
        client("127.0.0.1:1")("otp", "VerifyOtp", v1.VerifyOtpRequest())
    assert raised.value.code is grpc.StatusCode.UNAVAILABLE
    assert raised.value.reason is None


def test_calls_are_distributed_over_several_targets(server: FakeServer) -> None:
    other = FakeServer()
    try:
        for fake in (server, other):
            fake.handlers["CheckRate"] = failing(0)
        with EphemeralClient(f"{server.target},{other.target}", plaintext=True, deadline=20) as client:
            end = time.monotonic() + 30
            while not (server.calls and other.calls):
                assert time.monotonic() < end
                client.check_rate("alice", "login")
    finally:
        other.stop()
