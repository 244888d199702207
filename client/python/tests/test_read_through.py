"""Reads through a cache that follows the lease protocol of the server."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import Any

import grpc
import pytest
from conftest import FakeServer, eventually, fail, run

from ephemeral_client import AsyncEphemeralClient, EphemeralClient, EphemeralError, LoadError, v1

HIT, STALE, MISS, NEGATIVE = (
    v1.CacheState.CACHE_STATE_HIT,
    v1.CacheState.CACHE_STATE_STALE,
    v1.CacheState.CACHE_STATE_MISS,
    v1.CacheState.CACHE_STATE_NEGATIVE,
)
JSON = '{"name":"Alice"}'


class Loads:
    """A loader that counts, waits for `gate`, and returns `value`."""

    def __init__(self, value: str | None = JSON, gate: asyncio.Event | None = None) -> None:
        self.count = 0
        self.value = value
        self.gate = gate

    async def __call__(self, id: str) -> str | None:
        self.count += 1
        if self.gate is not None:
            await self.gate.wait()
        return self.value


def leased_elsewhere() -> v1.GetCachedUserResponse:
    response = v1.GetCachedUserResponse(state=MISS)
    response.wait.seconds = 3
    return response


def replies(server: FakeServer, *responses: v1.GetCachedUserResponse) -> None:
    """The responses in their order; the last one again and again."""
    left = list(responses)
    server.handlers["GetCachedUser"] = lambda request, context: left.pop(0) if len(left) > 1 else left[0]
    server.handlers["PutCachedUser"] = lambda request, context: v1.PutCachedUserResponse(stored=True)
    server.handlers["EvictCachedUser"] = lambda request, context: v1.EvictCachedUserResponse(evicted=True)


def puts(server: FakeServer) -> list[Any]:
    return [request for rpc, request, _ in server.calls if rpc == "PutCachedUser"]


def connect(server: FakeServer, **settings: Any) -> AsyncEphemeralClient:
    return AsyncEphemeralClient(
        server.target, plaintext=True, **{"deadline": 20.0, "max_cache_wait": 20.0, "load_deadline": 20.0, **settings}
    )


def test_hit_is_returned_without_a_load(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=HIT, json=JSON))

    async def test() -> None:
        loads = Loads()
        async with connect(server) as client:
            assert await client.users.get("42", loads) == JSON
        assert loads.count == 0

    run(test)


@pytest.mark.parametrize("value", [JSON, None])
def test_miss_is_loaded_and_put_with_the_lease(value: str | None, server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))

    async def test() -> None:
        async with connect(server) as client:
            assert await client.users.get("42", Loads(value)) == value
            await eventually(lambda: puts(server))
        put = puts(server)[0]
        assert (put.id, put.lease, put.json, put.negative) == ("42", "l", value or "", value is None)

    run(test)


def test_negative_entry_is_not_loaded(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=NEGATIVE))

    async def test() -> None:
        loads = Loads()
        async with connect(server) as client:
            assert await client.users.get("42", loads) is None
        assert loads.count == 0

    run(test)


def test_concurrent_reads_share_one_lookup_and_one_load(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))

    async def test() -> None:
        loads = Loads(gate=asyncio.Event())
        async with connect(server) as client:
            reads = [asyncio.create_task(client.users.get("42", loads)) for _ in range(20)]
            await eventually(lambda: loads.count)
            reads[0].cancel()  # A caller that ends does not cancel the load.
            assert loads.gate is not None
            loads.gate.set()
            assert await asyncio.gather(*reads[1:]) == [JSON] * 19
        assert loads.count == server.count("GetCachedUser") == 1

    run(test)


def test_lease_of_another_process_is_waited_for(server: FakeServer) -> None:
    replies(server, leased_elsewhere(), leased_elsewhere(), v1.GetCachedUserResponse(state=HIT, json=JSON))

    async def test() -> None:
        loads = Loads()
        async with connect(server) as client:
            assert await client.users.get("42", loads) == JSON
        assert (loads.count, server.count("GetCachedUser")) == (0, 3)

    run(test)


def test_object_is_loaded_and_not_put_when_the_wait_ends(server: FakeServer) -> None:
    replies(server, leased_elsewhere())

    async def test() -> None:
        async with connect(server, max_cache_wait=0.3) as client:
            assert await client.users.get("42", Loads()) == JSON
        assert server.count("GetCachedUser") > 1
        assert not puts(server)

    run(test)


def test_shortest_wait_of_all_callers_counts(server: FakeServer) -> None:
    over = threading.Event()
    server.handlers["GetCachedUser"] = lambda request, context: over.wait(20)

    async def test() -> None:
        async with connect(server, max_cache_wait=50) as client:
            loads = Loads()
            begin = time.monotonic()
            patient = asyncio.create_task(client.users.get("42", loads))
            await eventually(lambda: server.calls)
            assert await client.users.get("42", loads, max_wait=0.1) == JSON
            assert await patient == JSON
            assert loads.count == 1
            assert time.monotonic() - begin < 10
            over.set()

    run(test)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_object_is_loaded_at_once_when_the_cache_fails(code: grpc.StatusCode, server: FakeServer) -> None:
    server.handlers["GetCachedUser"] = lambda request, context: fail(context, code=code)

    async def test() -> None:
        async with connect(server) as client:
            assert await client.users.get("42", Loads()) == JSON
        assert server.count("GetCachedUser") == 1

    run(test)


def test_invalid_id_is_the_error_of_the_server(server: FakeServer) -> None:
    code = grpc.StatusCode.INVALID_ARGUMENT
    server.handlers["GetCachedUser"] = lambda request, context: fail(context, code, "ERROR_REASON_INVALID_FIELD")

    async def test() -> None:
        async with connect(server) as client:
            with pytest.raises(EphemeralError):
                await client.users.get("4 2", Loads())

    run(test)


def test_failed_load_reaches_all_callers_and_caches_nothing(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))

    async def broken(id: str) -> str | None:
        await eventually(lambda: server.calls)
        raise KeyError(id)

    async def test() -> None:
        async with connect(server) as client:
            results = await asyncio.gather(*(client.users.get("42", broken) for _ in range(3)), return_exceptions=True)
            assert all(isinstance(result, LoadError) and isinstance(result.__cause__, KeyError) for result in results)
            assert len({id(result) for result in results}) == 3
        assert not puts(server)

    run(test)


def test_stale_object_is_returned_at_once_and_loaded_in_the_background(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=STALE, json="{}", lease="l"))

    async def test() -> None:
        loads = Loads(gate=asyncio.Event())
        async with connect(server) as client:
            assert await client.users.get("42", loads) == "{}"
            assert await client.users.get("42", loads) == "{}"
            assert loads.gate is not None
            loads.gate.set()
            await eventually(lambda: puts(server))
        assert loads.count == 1
        assert puts(server)[0].json == JSON

    run(test)


def test_read_after_an_eviction_does_not_join_the_load_before(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))

    async def test() -> None:
        old, new = Loads('{"v":1}', asyncio.Event()), Loads('{"v":2}')
        async with connect(server) as client:
            before = asyncio.create_task(client.users.get("42", old))
            await eventually(lambda: old.count)
            assert await client.users.evict("42")
            assert await client.users.get("42", new) == '{"v":2}'
            assert old.gate is not None
            old.gate.set()
            assert await before == '{"v":1}'

    run(test)


def test_long_object_is_returned_and_not_put(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))

    async def test() -> None:
        value = '{"name":"' + "é" * 2_560 + '"}'
        async with connect(server) as client:
            assert await client.users.get("42", Loads(value)) == value
        assert not puts(server)

    run(test)


def test_loads_are_bounded_in_number_and_time(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))

    async def test() -> None:
        loads = Loads(gate=asyncio.Event())

        async def loader(id: str) -> str | None:
            try:
                return await loads(id)
            except asyncio.CancelledError:
                await asyncio.sleep(1)  # Holds its turn until the third read has given up.
                raise

        async with connect(server, max_loads=2, load_deadline=1) as client:
            reads = (client.users.get(str(number), loader) for number in range(3))
            results = await asyncio.gather(*reads, return_exceptions=True)
        assert loads.count == 2
        texts = sorted(str(result) for result in results)
        assert [text.split(":")[0] for text in texts] == [
            "The loader took too long",
            "The loader took too long",
            "Too many loads",
        ]

    run(test)


def test_loader_does_not_see_the_context_of_the_first_caller(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))
    session: contextvars.ContextVar[str] = contextvars.ContextVar("session", default="none")

    async def load(id: str) -> str | None:
        return f'{{"session":"{session.get()}"}}'

    async def test() -> None:
        session.set("of the caller")
        async with connect(server) as client:
            assert await client.users.get("42", load) == '{"session":"none"}'

    run(test)


def test_blocking_reads_share_one_load(server: FakeServer) -> None:
    replies(server, v1.GetCachedUserResponse(state=MISS, lease="l"))
    with EphemeralClient(server.target, plaintext=True, deadline=20, max_cache_wait=20, load_deadline=20) as client:
        assert client.users.get("42", lambda id: JSON) == JSON
        with pytest.raises(LoadError) as raised:
            client.users.get("42", lambda id: str(1 // 0))
        assert isinstance(raised.value.__cause__, ZeroDivisionError)
        assert client.users.evict("42")
    with pytest.raises(RuntimeError, match="closed"):
        client.users.get("42", lambda id: JSON)
