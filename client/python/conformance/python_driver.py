"""The driver of the Python client for the conformance suite; `client/conformance/README.md` has the protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from google.protobuf import json_format

from ephemeral_client import (
    AsyncEphemeralClient,
    AsyncRateLimiter,
    EphemeralError,
    Gap,
    LoadError,
    Message,
    Offline,
    Online,
    OnUnavailable,
    Rejected,
    Resynced,
    Stale,
    Subscribed,
    Typing,
    escape_id,
    v1,
)

STUBS = {
    "RateLimitService": "rate_limits",
    "OtpService": "otp",
    "SessionService": "sessions",
    "TokenService": "tokens",
    "FeatureFlagService": "feature_flags",
    "CacheService": "cache",
    "PresenceService": "presence",
    "TypingService": "typing",
    "BroadcastService": "broadcast",
    "BudgetService": "budget",
}


class Handle:
    """A stream and the task that writes its events."""

    def __init__(self, name: str, stream: Any) -> None:
        self.name = name
        self.stream = stream
        self.is_reading = asyncio.Event()
        self.is_reading.set()
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.stream:
            await self.is_reading.wait()
            line = describe(event)
            if line is not None:
                write({**line, "handle": self.name})

    async def close(self) -> None:
        self.stream.close()
        self.task.cancel()


class Driver:
    def __init__(self) -> None:
        self.client: AsyncEphemeralClient | None = None
        self.handles: dict[str, Handle] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()
        reader = asyncio.StreamReader(limit=16 << 20)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            task = asyncio.create_task(self.answer(json.loads(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        for task in tasks:
            task.cancel()
        await self.close()

    async def answer(self, request: dict[str, Any]) -> None:
        try:
            result = await getattr(self, request["op"])(**request.get("args", {}))
            write({"id": request["id"], "result": result or {}})
        except EphemeralError as e:
            error = {
                "code": e.code.name,
                "reason": e.reason_name.removeprefix("ERROR_REASON_") if e.reason_name else None,
                "retry_delay_ms": None if e.retry_delay is None else round(e.retry_delay.total_seconds() * 1_000),
                "metadata": dict(e.metadata),
                "message": e.message,
            }
            write({"id": request["id"], "error": error})
        except LoadError as e:
            write({"id": request["id"], "error": {"code": "LOAD", "message": f"{e}: {e.__cause__!r}"}})
        except ValueError as e:
            write({"id": request["id"], "error": {"code": "INVALID_ARGUMENT", "message": str(e)}})
        except Exception as e:
            write({"id": request["id"], "error": {"code": "INTERNAL", "message": repr(e)}})
            raise

    async def connect(
        self,
        target: str,
        deadline_ms: int | None = None,
        max_cache_wait_ms: int | None = None,
        ca: str | None = None,
        token_file: str | None = None,
        **_: Any,
    ) -> None:
        settings: dict[str, Any] = {"ca": ca, "token_file": token_file, "plaintext": ca is None}
        if deadline_ms is not None:
            settings["deadline"] = deadline_ms / 1_000
        if max_cache_wait_ms is not None:
            settings["max_cache_wait"] = max_cache_wait_ms / 1_000
        self.client = AsyncEphemeralClient(target, **settings)
        try:
            await self.client.wait_for_ready(5)
        except (TimeoutError, asyncio.TimeoutError):  # Two classes in Python 3.10.
            print("no server is reachable yet", file=sys.stderr)

    async def call(self, method: str, request: dict[str, Any], deadline_ms: int | None = None) -> Any:
        service, rpc = method.split("/")
        message = json_format.ParseDict(request, getattr(v1, f"{rpc}Request")())
        call = getattr(getattr(self.connected, STUBS[service]), rpc)
        response = await call(message, timeout=None if deadline_ms is None else deadline_ms / 1_000)
        return {
            "response": json_format.MessageToDict(
                response, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
            )
        }

    async def read_through(self, kind: str, key: str, loads: dict[str, Any]) -> Any:
        loaded = False

        async def load(id: str) -> str | None:
            nonlocal loaded
            loaded = True
            await asyncio.sleep(loads.get("delay_ms", 0) / 1_000)
            if loads.get("error"):
                raise RuntimeError("the loader fails")
            value: str | None = loads.get("value")
            return value

        return {"value": await getattr(self.connected, kind).get(key, load), "loaded": loaded}

    async def evict(self, kind: str, key: str) -> Any:
        return {"evicted": await getattr(self.connected, kind).evict(key)}

    async def heartbeats(self, handle: str) -> None:
        self.handles[handle] = Handle(handle, self.connected.heartbeats())

    async def heartbeat_add(self, handle: str, user: str, connection: str = "") -> None:
        self.handles[handle].stream.add(user, connection or "")

    async def heartbeat_remove(self, handle: str, user: str, connection: str = "") -> None:
        self.handles[handle].stream.remove(user, connection or "")

    async def watch_presence(self, handle: str, users: list[str]) -> None:
        self.handles[handle] = Handle(handle, self.connected.watch_presence(users))

    async def watch_typing(self, handle: str, rooms: list[str]) -> None:
        self.handles[handle] = Handle(handle, self.connected.watch_typing(rooms))

    async def subscribe(self, handle: str, rooms: list[str]) -> None:
        self.handles[handle] = Handle(handle, self.connected.subscribe(rooms))

    async def watch_add(self, handle: str, ids: list[str]) -> None:
        self.handles[handle].stream.add(ids)

    async def watch_remove(self, handle: str, ids: list[str]) -> None:
        self.handles[handle].stream.remove(ids)

    async def pause(self, handle: str) -> None:
        self.handles[handle].is_reading.clear()

    async def resume(self, handle: str) -> None:
        self.handles[handle].is_reading.set()

    async def close_handle(self, handle: str) -> None:
        await self.handles.pop(handle).close()

    async def escape_id(self, text: str) -> Any:
        return {"id": escape_id(text)}

    async def limit(
        self, user: str, action: str, on_unavailable: OnUnavailable = "open", deadline_ms: int = 200
    ) -> Any:
        limiter = AsyncRateLimiter(self.connected, action, on_unavailable=on_unavailable, deadline=deadline_ms / 1_000)
        decision = await limiter.check(user)
        return {"status": decision.status, "headers": dict(decision.headers)}

    async def close(self) -> None:
        for handle in self.handles.values():
            await handle.close()
        self.handles.clear()
        if self.client is not None:
            await self.client.close()

    @property
    def connected(self) -> AsyncEphemeralClient:
        assert self.client is not None, "connect comes first"  # noqa: S101
        return self.client


def describe(event: object) -> dict[str, Any] | None:
    match event:
        case Online(user):
            return {"event": "online", "user": user}
        case Offline(user):
            return {"event": "offline", "user": user}
        case Typing(room, users):
            return {"event": "typing", "room": room, "users": list(users)}
        case Message(room, sender, payload):
            text = base64.b64encode(payload).decode()
            return {"event": "message", "room": room, "sender": sender, "payload": text}
        case Gap(room, missed):
            return {"event": "gap", "room": room, "missed": missed}
        case Subscribed(rooms):
            return {"event": "subscribed", "rooms": list(rooms)}
        case Stale():
            return {"event": "stale"}
        case Resynced():
            return {"event": "resynced"}
        case Rejected(user):
            return {"event": "rejected", "user": user, "reason": "INVALID_FIELD"}
    print(event, file=sys.stderr, flush=True)
    return None


def write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(Driver().run())
