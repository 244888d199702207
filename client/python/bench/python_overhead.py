"""Prints the calls per second of CheckRate through the client, divided by those of the bare stub.

The rounds of both alternate, so that a busy machine slows down both. `EPHEMERAL_CLIENT_TARGET` is the server.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from uuid import uuid4

import grpc

from ephemeral_client import AsyncEphemeralClient, EphemeralClient, Settings, v1

ROUNDS = 20
CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
CONCURRENCY = 16
ACTION = "login_attempts"
USER = uuid4().hex


def request() -> v1.CheckRateRequest:
    return v1.CheckRateRequest(user_id=USER, action=ACTION, request_id=uuid4().hex)


def report(name: str, client: list[float], bare: list[float]) -> None:
    ratio = statistics.median(own / other for own, other in zip(client, bare, strict=True))
    print(
        f"{name}: client {statistics.median(client):.0f} calls/s, bare stub {statistics.median(bare):.0f} calls/s, "
        f"median ratio {ratio:.2f}"
    )


def blocking(settings: Settings) -> None:
    with EphemeralClient(settings) as client, grpc.insecure_channel(settings.channel_target()) as channel:
        stub = v1.RateLimitServiceStub(channel)

        def through_client() -> None:
            for _ in range(CALLS):
                client.check_rate(USER, ACTION)

        def bare() -> None:
            for _ in range(CALLS):
                stub.CheckRate(request(), timeout=1.0)

        client.wait_for_ready()
        through_client()
        bare()
        rates: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for run, own in ((through_client, rates[0]), (bare, rates[1])):
                begin = time.perf_counter()
                run()
                own.append(CALLS / (time.perf_counter() - begin))
        report("blocking", *rates)


async def asynchronous(settings: Settings) -> None:
    async with (
        AsyncEphemeralClient(settings) as client,
        grpc.aio.insecure_channel(settings.channel_target()) as channel,
    ):
        stub = v1.RateLimitServiceStub(channel)

        async def through_client() -> None:
            for _ in range(CALLS // CONCURRENCY):
                await client.check_rate(USER, ACTION)

        async def bare() -> None:
            for _ in range(CALLS // CONCURRENCY):
                await stub.CheckRate(request(), timeout=1.0)

        await client.wait_for_ready()
        await through_client()
        await bare()
        rates: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for run, own in ((through_client, rates[0]), (bare, rates[1])):
                begin = time.perf_counter()
                await asyncio.gather(*(run() for _ in range(CONCURRENCY)))
                own.append(CALLS / (time.perf_counter() - begin))
        report("asyncio", *rates)


if __name__ == "__main__":
    settings = Settings.from_env()
    blocking(settings)
    asyncio.run(asynchronous(settings))
