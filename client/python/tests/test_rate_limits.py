"""Rate limits of web applications, with FastAPI and Starlette, and without a framework."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

import grpc
import pytest
from conftest import FakeServer, fail
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ephemeral_client import AsyncEphemeralClient, Decision, EphemeralClient, EphemeralError, RateLimiter, v1
from ephemeral_client.asgi import RateLimitMiddleware, limit, limited
from ephemeral_client.rate_limiter import _Policy


def five_attempts(server: FakeServer) -> None:
    """A limit of 5 of each user, 59.2 s before its window ends."""
    used: dict[str, int] = {}

    def check(request: v1.CheckRateRequest, context: Any) -> v1.CheckRateResponse:
        count = used[request.user_id] = used.get(request.user_id, 0) + 1
        response = v1.CheckRateResponse(allowed=count <= 5, limit=5, remaining=max(0, 5 - count))
        response.reset_after.FromTimedelta(timedelta(seconds=59.2))
        if count > 5:
            response.retry_after.FromTimedelta(timedelta(seconds=59.2))
        return response

    server.handlers["CheckRate"] = check


def user(request: Request) -> str | None:
    return request.query_params.get("user")


def by_decorator(client: AsyncEphemeralClient, **options: Any) -> Any:
    app = FastAPI()

    @app.post("/login")
    @limit(client, "login", **options)
    async def login(user: str = "") -> dict[str, str]:
        return {"welcome": user}

    return app


def by_dependency(client: AsyncEphemeralClient, **options: Any) -> Any:
    app = FastAPI()

    @app.post("/login", dependencies=[Depends(limited(client, "login", **options))])
    async def login(user: str = "") -> dict[str, str]:
        return {"welcome": user}

    return app


def by_starlette(client: AsyncEphemeralClient, **options: Any) -> Any:
    @limit(client, "login", **options)
    async def login(request: Request) -> Response:
        return PlainTextResponse("welcome")

    return Starlette(routes=[Route("/login", login, methods=["POST"])])


def by_middleware(client: AsyncEphemeralClient, **options: Any) -> Any:
    async def login(request: Request) -> Response:
        return PlainTextResponse("welcome")

    app = Starlette(routes=[Route("/login", login, methods=["POST"])])
    app.add_middleware(RateLimitMiddleware, client=client, action="login", **options)
    return app


every_way = pytest.mark.parametrize("make", [by_decorator, by_dependency, by_starlette, by_middleware])


@every_way
def test_sixth_attempt_gets_429_with_retry_after(make: Any, server: FakeServer) -> None:
    five_attempts(server)
    client = AsyncEphemeralClient(server.target, plaintext=True)
    with TestClient(make(client, key=user, deadline=20)) as http:
        passed = [http.post("/login?user=alice:1") for _ in range(5)]
        denied = http.post("/login?user=alice:1")
        assert http.post("/login?user=bob").status_code == 200
        assert http.post("/login").status_code == 200  # Without a key there is no limit.
    assert [response.status_code for response in passed] == [200] * 5
    assert [response.headers["RateLimit-Remaining"] for response in passed] == ["4", "3", "2", "1", "0"]
    assert passed[0].headers["RateLimit-Limit"] == "5"
    assert passed[0].headers["RateLimit-Reset"] == "60"
    assert "Retry-After" not in passed[0].headers
    assert denied.status_code == 429
    assert denied.headers["Retry-After"] == "60"
    requests = [request for _, request, _ in server.calls]
    assert {request.user_id for request in requests} == {"alice%3A1", "bob"}
    assert len({request.request_id for request in requests}) == len(requests) == 7


@every_way
def test_requests_pass_while_ephemeral_is_unavailable(make: Any) -> None:
    client = AsyncEphemeralClient("127.0.0.1:1", plaintext=True)
    with TestClient(make(client, key=user)) as http:
        response = http.post("/login?user=alice")
    assert response.status_code == 200
    assert "RateLimit-Limit" not in response.headers


@every_way
def test_closed_policy_responds_503_with_the_delay_of_the_server(make: Any, server: FakeServer) -> None:
    server.handlers["CheckRate"] = lambda request, context: fail(context, delay=timedelta(seconds=30.5))
    client = AsyncEphemeralClient(server.target, plaintext=True)
    with TestClient(make(client, key=user, on_unavailable="closed", deadline=20)) as http:
        response = http.post("/login?user=alice")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "31"


MISTAKES = [
    (grpc.StatusCode.UNAUTHENTICATED, "ERROR_REASON_UNAUTHENTICATED"),
    (grpc.StatusCode.PERMISSION_DENIED, "ERROR_REASON_PERMISSION_DENIED"),
    (grpc.StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_ARGUMENT"),
    (grpc.StatusCode.NOT_FOUND, "ERROR_REASON_UNKNOWN_ACTION"),
    (grpc.StatusCode.FAILED_PRECONDITION, None),
    (grpc.StatusCode.UNIMPLEMENTED, None),
]


@every_way
@pytest.mark.parametrize("policy", ["open", "closed"])
@pytest.mark.parametrize(("code", "reason"), MISTAKES)
def test_mistake_fails_the_request_with_each_policy(
    make: Any, policy: str, code: Any, reason: str, server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.handlers["CheckRate"] = lambda request, context: fail(context, code, reason)
    client = AsyncEphemeralClient(server.target, plaintext=True)
    with (
        caplog.at_level(logging.WARNING, "ephemeral_client"),
        TestClient(make(client, key=user, on_unavailable=policy, deadline=20)) as http,
    ):
        response = http.post("/login?user=alice")
    assert response.status_code == 500
    assert "the message" not in response.text
    assert code.name not in response.text
    [line] = [record.getMessage() for record in caplog.records if record.name == "ephemeral_client"]
    assert code.name in line
    assert (reason or "").removeprefix("ERROR_REASON_") in line


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.UNAVAILABLE, None),
        (grpc.StatusCode.DEADLINE_EXCEEDED, None),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_OVERLOADED"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_BUDGET_FULL"),
    ],
)
def test_trouble_of_the_service_follows_the_policy(code: Any, reason: str, server: FakeServer) -> None:
    server.handlers["CheckRate"] = lambda request, context: fail(context, code, reason)
    with EphemeralClient(server.target, plaintext=True) as client:
        assert RateLimiter(client, "login", deadline=20).check("alice").status == 200
        assert RateLimiter(client, "login", deadline=20, on_unavailable="closed").check("alice").status == 503


def test_cancelled_call_follows_the_policy_only_after_the_deadline(server: FakeServer) -> None:
    server.handlers["CheckRate"] = lambda request, context: fail(context, grpc.StatusCode.CANCELLED, None)
    with EphemeralClient(server.target, plaintext=True) as client, pytest.raises(EphemeralError):
        RateLimiter(client, "login", deadline=20).check("alice")
    error = EphemeralError(grpc.StatusCode.CANCELLED)
    assert _Policy("login", "open").failed(error, time_left=0).status == 200


def test_endpoint_that_raises_responds_with_the_headers(server: FakeServer) -> None:
    five_attempts(server)
    app = FastAPI()

    @app.post("/login")
    @limit(AsyncEphemeralClient(server.target, plaintext=True), "login", key=user, deadline=20)
    async def login(user: str = "") -> None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Basic"})

    with TestClient(app) as http:
        response = http.post("/login?user=alice")
    assert response.status_code == 401
    assert response.headers["RateLimit-Remaining"] == "4"
    assert response.headers["WWW-Authenticate"] == "Basic"


def test_silent_server_delays_a_request_by_the_deadline_only(server: FakeServer) -> None:
    server.handlers["CheckRate"] = lambda request, context: time.sleep(5)
    with EphemeralClient(server.target, plaintext=True) as client:
        begin = time.monotonic()
        assert RateLimiter(client, "login").check("alice") == Decision(200, {})
        assert RateLimiter(client, "login", on_unavailable="closed").check("alice") == Decision(503, {})
        assert time.monotonic() - begin < 4


def test_key_that_can_be_no_id_is_a_bad_request(server: FakeServer) -> None:
    with EphemeralClient(server.target, plaintext=True) as client:
        limiter = RateLimiter(client, "login")
        assert [limiter.check(key).status for key in ("", "x" * 129)] == [400, 400]
    assert not server.calls


def test_action_without_a_policy_is_an_error(server: FakeServer) -> None:
    code, reason = v1.ErrorReason.ERROR_REASON_UNKNOWN_ACTION, "ERROR_REASON_UNKNOWN_ACTION"
    server.handlers["CheckRate"] = lambda request, context: fail(context, grpc.StatusCode.NOT_FOUND, reason)
    with (
        EphemeralClient(server.target, plaintext=True) as client,
        pytest.raises(EphemeralError) as raised,
    ):
        RateLimiter(client, "logn", deadline=20).check("alice")
    assert raised.value.reason == code


def test_endpoint_that_blocks_is_not_decorated() -> None:
    client = AsyncEphemeralClient("127.0.0.1:1", plaintext=True)
    with pytest.raises(TypeError, match="async def"):

        @limit(client, "login")
        def login() -> None: ...
