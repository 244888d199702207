"""Rate limits for FastAPI, Starlette and any other ASGI application. Needs Starlette."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ephemeral_client.client import AsyncEphemeralClient
from ephemeral_client.errors import EphemeralError
from ephemeral_client.rate_limiter import AsyncRateLimiter, Decision, OnUnavailable

Key = Callable[[Request], "str | Awaitable[str | None] | None"]
"""What is limited, such as a user: text that is escaped to an id. None: this request is not limited."""

_TEXTS = {400: "Bad request", 429: "Too many requests", 500: "Internal server error", 503: "Service unavailable"}

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])


def client_address(request: Request) -> str | None:
    """A `Key`: the IP address of the peer. Behind a proxy, let the server set it (`uvicorn --proxy-headers`)."""
    return request.client.host if request.client else None


def limit(
    client: AsyncEphemeralClient,
    action: str,
    *,
    key: Key = client_address,
    on_unavailable: OnUnavailable = "open",
    deadline: float = 0.2,
) -> Callable[[_Endpoint], _Endpoint]:
    """Decorates an `async def` endpoint of FastAPI or Starlette, below the decorator of its route.

    A request that exceeds the limit gets 429 with `Retry-After`, others get the headers `RateLimit-*`, also if the
    endpoint raises HTTPException. While Ephemeral is unavailable requests pass, or get 503 if `on_unavailable` is
    `closed`, after `deadline` seconds at the latest. A mistake, such as a rejected token, is logged and responds 500.
    """
    limiter = AsyncRateLimiter(client, action, on_unavailable=on_unavailable, deadline=deadline)

    def decorate(endpoint: _Endpoint) -> _Endpoint:
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"{endpoint!r} (expected: an async def endpoint)")

        @functools.wraps(endpoint)
        async def limited(*args: Any, **kwargs: Any) -> Any:
            own_request = kwargs.pop(_REQUEST, None)
            own_response = kwargs.pop(_RESPONSE, None)
            request = own_request or next(value for value in args if isinstance(value, Request))
            decision = await _decide(limiter, key, request)
            _raise_unless_allowed(decision)
            try:
                result = await endpoint(*args, **kwargs)
            except HTTPException as e:
                e.headers = {**(e.headers or {}), **decision.headers}
                raise
            target = result if isinstance(result, Response) else own_response
            if target is not None:
                target.headers.update(decision.headers)
            return result

        limited.__signature__ = _with_request(inspect.signature(endpoint, eval_str=True))  # type: ignore[attr-defined]
        return limited  # type: ignore[return-value]

    return decorate


def limited(
    client: AsyncEphemeralClient,
    action: str,
    *,
    key: Key = client_address,
    on_unavailable: OnUnavailable = "open",
    deadline: float = 0.2,
) -> Callable[[Request, Response], Awaitable[None]]:
    """The same as `limit`, as a dependency of FastAPI: `dependencies=[Depends(limited(client, "search"))]`.

    FastAPI does not add the headers `RateLimit-*` if the endpoint returns a `Response` or raises HTTPException.
    """
    limiter = AsyncRateLimiter(client, action, on_unavailable=on_unavailable, deadline=deadline)

    async def check(request: Request, response: Response) -> None:
        decision = await _decide(limiter, key, request)
        _raise_unless_allowed(decision)
        response.headers.update(decision.headers)

    check.__annotations__ = {"request": Request, "response": Response, "return": None}
    return check


class RateLimitMiddleware:
    """Limits all HTTP requests of an application: `app.add_middleware(RateLimitMiddleware, client=..., action=...)`.

    The body cannot be part of the key: it is left to the endpoint.
    """

    def __init__(
        self,
        app: ASGIApp,
        client: AsyncEphemeralClient,
        action: str,
        *,
        key: Key = client_address,
        on_unavailable: OnUnavailable = "open",
        deadline: float = 0.2,
    ) -> None:
        self._app = app
        self._key = key
        self._limiter = AsyncRateLimiter(client, action, on_unavailable=on_unavailable, deadline=deadline)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        decision = await _decide(self._limiter, self._key, Request(scope))
        if not decision.allowed:
            response = PlainTextResponse(_TEXTS[decision.status], decision.status, dict(decision.headers))
            await response(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in decision.headers.items()]
                message = {**message, "headers": [*message.get("headers", ()), *own]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


_REQUEST = "ephemeral_request"
_RESPONSE = "ephemeral_response"


def _with_request(signature: inspect.Signature) -> inspect.Signature:
    """FastAPI passes what the signature declares."""
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
        for name, kind in ((_REQUEST, Request), (_RESPONSE, Response))
    ]
    parameters = list(signature.parameters.values())
    rest = [parameter for parameter in parameters if parameter.kind is inspect.Parameter.VAR_KEYWORD]
    return signature.replace(parameters=[*(p for p in parameters if p not in rest), *own, *rest])


async def _decide(limiter: AsyncRateLimiter, key: Key, request: Request) -> Decision:
    value = key(request)
    if inspect.isawaitable(value):
        value = await value
    if value is None:
        return Decision(200, {})
    try:
        return await limiter.check(value)
    except EphemeralError:  # The limiter has logged it.
        return Decision(500, {})


def _raise_unless_allowed(decision: Decision) -> None:
    if not decision.allowed:
        raise HTTPException(decision.status, _TEXTS[decision.status], dict(decision.headers))
