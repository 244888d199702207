#!/usr/bin/env python3
"""The same scenarios with the flagd providers of three languages. .ci/openfeature prepares and starts this."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
sys.path.insert(0, str(HERE.parent))

from backends import Redis, Server  # noqa: E402
from driver_process import Driver, Failed  # noqa: E402
from static_proxy import StaticProxy  # noqa: E402

# Generated from our contract by .ci/openfeature.
from flowhub.ephemeral.v1 import feature_flag_pb2 as flags  # noqa: E402
from flowhub.ephemeral.v1 import feature_flag_pb2_grpc as flags_grpc  # noqa: E402

FEATURES = {"boolean": ("true", True, False), "string": ("blue", "blue", "red"), "integer": ("-42", -42, 7),
            "float": ("2.5", 2.5, 0.5), "object": ('{"a":{"b":[1,true,null,"x"]}}', {"a": {"b": [1, True, None, "x"]}}, {"a": 0})}  # fmt: skip

# Generous: a busy machine is no outage. The defaults of the providers are 500 ms and 12 s.
DEADLINE_MS = 5_000
BACKOFF_MS = 500
SOON = 20.0
AT_ONCE = 0.7

EVENTS = {"ready", "stale", "error", "change"}

# What the provider reports for a flag that is not set. Version 1 of the protocol has no response without a value.
UNSET = {"python": ("DEFAULT", None), "javascript": ("DEFAULT", None), "java": ("ERROR", "FLAG_NOT_FOUND")}


class Mixed(Failed):
    """A user received the value of another one."""


class Run:
    """One provider, connected to a server of its own."""

    def __init__(self, name: str, command: str, jar: Path, folder: Path, verbose: bool):
        self.name = name
        self._command = command
        self._folder = folder
        self._verbose = verbose
        self._redis = Redis()
        self._server = Server(jar, self._redis, folder, "server", {})
        self._drivers: list[Driver] = []
        self._channel: grpc.aio.Channel | None = None
        self.users = iter(f"user-{i}" for i in range(1_000_000))

    async def start(self) -> None:
        self._folder.mkdir()
        await self._redis.start()
        await self._server.start()
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{self._server.port}")
        self._stub = flags_grpc.FeatureFlagServiceStub(self._channel)
        self.provider = await self.connect(self._server.port)

    async def connect(self, port: int) -> Driver:
        driver = Driver(self.name, self._command, ROOT, self._folder / "driver.log", self._verbose, EVENTS)
        self._drivers.append(driver)
        await driver.start()
        answer = await driver.request(
            "connect", {"port": port, "deadline_ms": DEADLINE_MS, "backoff_ms": BACKOFF_MS}, SOON * 3
        )
        require("error" not in answer, f"connect: {answer}")
        return driver

    async def stop(self) -> None:
        for driver in self._drivers:
            await driver.kill()
        if self._channel is not None:
            await self._channel.close()
        await self._server.stop(kill=True)
        await self._redis.stop()

    async def set(self, feature: str, user: str, value: str) -> None:
        await self._stub.SetFlag(flags.SetFlagRequest(feature=feature, user_id=user, value=value), timeout=SOON)

    async def clear(self, feature: str, user: str) -> None:
        await self._stub.ClearFlag(flags.ClearFlagRequest(feature=feature, user_id=user), timeout=SOON)

    async def evaluate(self, kind: str, flag: str, user: str | None, default: object, driver: Driver | None = None) -> dict:
        args = {"type": kind, "flag": flag, "user": user, "default": default}
        answer = await (driver or self.provider).request("evaluate", args, SOON)
        require("result" in answer, f"evaluate {args}: {answer}")
        return answer["result"]

    async def expect(self, kind: str, flag: str, user: str | None, default: object, value: object, error: object = None) -> dict:
        result = await self.evaluate(kind, flag, user, default)
        require(result["value"] == value and type(result["value"]) in kinds_of(value), f"{flag} of {user}: {result}")
        require(result["error"] == error, f"{flag} of {user}: {result}")
        return result

    async def expect_set(self, kind: str, flag: str, user: str, default: object, value: object) -> None:
        result = await self.expect(kind, flag, user, default, value)
        require((result["reason"], result["variant"]) == ("TARGETING_MATCH", "override"), f"{flag}: {result}")

    async def expect_unset(self, kind: str, flag: str, user: str, default: object) -> None:
        reason, error = UNSET[self.name]
        result = await self.expect(kind, flag, user, default, default, error)
        require(result["reason"] == reason and not result["variant"], f"{flag}: {result}")

    async def until(self, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        end = time.monotonic() + SOON
        while not await condition():
            require(time.monotonic() < end, f"not within {SOON} s: {what}")
            await asyncio.sleep(0.1)

    async def await_event(self, kind: str, flag: str | None = None) -> dict:
        """The next event of this kind, about this flag. Earlier ones are consumed."""
        end = time.monotonic() + SOON
        while time.monotonic() < end:
            for event in await self.provider.next_events("provider", 1, end - time.monotonic()):
                if event["event"] == kind and (flag is None or flag in event["flags"]):
                    return event
        raise Failed(f"no event {kind} {flag or ''} within {SOON} s")

    def drop_events(self) -> None:
        self.provider.consumed["provider"] = len(self.provider.events.get("provider", []))


def require(condition: bool, message: str) -> None:
    if not condition:
        raise Failed(message)


def kinds_of(value: object) -> tuple[type, ...]:
    """JSON does not tell an integer from a number without a fraction; true is neither."""
    return (int, float) if type(value) in (int, float) else (type(value),)


async def two_users_never_mix(run: Run) -> None:
    await mix(run, run.provider)


async def mix(run: Run, driver: Driver) -> None:
    alice, bob = next(run.users), next(run.users)
    await run.set("theme", alice, "dark")
    await run.set("theme", bob, "light")
    for _ in range(5):
        for user, value in ((alice, "dark"), (bob, "light"), (next(run.users), "code default")):
            result = await run.evaluate("string", "theme", user, "code default", driver)
            require(driver is not run.provider or result["error"] in (None, UNSET[run.name][1]), f"theme of {user}: {result}")
            if result["value"] != value:
                raise Mixed(f"theme of {user}, which is {value}: {result}")


async def reason_static_would_mix_users(run: Run) -> None:
    """The scenario above fails with a server that answers STATIC, so it can fail."""
    proxy = StaticProxy(run._server.port)
    try:
        driver = await run.connect(proxy.port)
        try:
            await mix(run, driver)
        except Mixed as e:
            require("CACHED" in str(e), f"not because of the reason STATIC: {e}")
            print(f"       as it should with STATIC: {e}", flush=True)
        else:
            raise Failed("the values of two users do not mix although the reason is STATIC")
    finally:
        proxy.close()


async def each_type(run: Run) -> None:
    user = next(run.users)
    for kind, (text, value, default) in FEATURES.items():
        await run.set(f"of-{kind}", user, text)
        await run.expect_set(kind, f"of-{kind}", user, default, value)


async def code_default_when_unset(run: Run) -> None:
    user = next(run.users)
    for kind, (_, value, default) in FEATURES.items():
        await run.expect_unset(kind, "never-set", user, value)
        await run.expect_unset(kind, "never-set", user, default)


async def type_mismatch(run: Run) -> None:
    user = next(run.users)
    await run.set("text", user, "neither number nor boolean")
    for kind, (_, _, default) in FEATURES.items():
        if kind != "string":
            took = []
            for _ in range(3):  # a retry slows each of them down, a busy machine one
                begin = time.monotonic()
                await run.expect(kind, "text", user, default, default, "TYPE_MISMATCH")
                took.append(time.monotonic() - begin)
            require(min(took) < AT_ONCE, "the provider retried")
    await run.expect_set("string", "text", user, "", "neither number nor boolean")


async def missing_targeting_key(run: Run) -> None:
    """Providers map every INVALID_ARGUMENT to TYPE_MISMATCH."""
    await run.expect("boolean", "theme", None, True, True, "TYPE_MISMATCH")
    await run.expect("string", "theme", "", "red", "red", "TYPE_MISMATCH")


async def bad_id(run: Run) -> None:
    await run.expect("boolean", "theme", "a user:with {braces}", True, True, "TYPE_MISMATCH")
    await run.expect("boolean", "a feature", next(run.users), True, True, "TYPE_MISMATCH")


async def change_arrives(run: Run) -> None:
    user = next(run.users)
    run.drop_events()
    await run.set("beta", user, "true")
    await run.await_event("change", "beta")
    await run.expect_set("boolean", "beta", user, False, True)
    await run.set("beta", user, "false")
    await run.await_event("change", "beta")
    await run.expect_set("boolean", "beta", user, True, False)
    await run.clear("beta", user)
    await run.await_event("change", "beta")
    await run.expect_unset("boolean", "beta", user, True)


async def redis_stopped(run: Run) -> None:
    user = next(run.users)
    await run.set("beta", user, "true")
    await run.expect_set("boolean", "beta", user, False, True)
    run.drop_events()
    await run._redis.stop()
    begin = time.monotonic()
    for default in (False, True, False):
        result = await run.evaluate("boolean", "beta", user, default)
        require(result["value"] == default and result["error"] is not None, f"without Redis: {result}")
    print(f"       three evaluations without Redis: {time.monotonic() - begin:.2f} s, {result['error']}", flush=True)
    require(time.monotonic() - begin < 3 * DEADLINE_MS / 1000, "an evaluation without Redis takes too long")
    await run._redis.start()

    async def is_set() -> bool:
        try:
            await run.set("beta", user, "true")
        except grpc.aio.AioRpcError:
            return False
        return True

    await run.until("SetFlag succeeds again", is_set)
    await run.expect_set("boolean", "beta", user, False, True)
    await run.await_event("change")
    run.drop_events()

    async def change_is_received() -> bool:
        await run.set("beta", user, "true")
        events = await run.provider.next_events("provider", 1, 1)
        return any(event["event"] == "change" and event["flags"] == ["beta"] for event in events)

    await run.until("changes arrive again", change_is_received)


async def server_restarted(run: Run) -> None:
    user = next(run.users)
    await run.set("beta", user, "true")
    run.drop_events()
    await run._server.stop(kill=True)
    result = await run.evaluate("boolean", "beta", user, False)
    require(result["value"] is False and result["error"] is not None, f"without a server: {result}")
    await run._server.start()
    await run.await_event("ready")
    await run.expect_set("boolean", "beta", user, False, True)

    async def is_set() -> bool:
        try:
            await run.set("gamma", user, "true")
        except grpc.aio.AioRpcError:
            return False
        return True

    await run.until("SetFlag succeeds again", is_set)
    await run.await_event("change", "gamma")


SCENARIOS = [
    two_users_never_mix,
    each_type,
    code_default_when_unset,
    type_mismatch,
    missing_targeting_key,
    bad_id,
    change_arrives,
    redis_stopped,
    server_restarted,
    reason_static_would_mix_users,
]


async def run_provider(name: str, command: str, arguments: argparse.Namespace, folder: Path) -> bool:
    passed = True
    run = Run(name, command, arguments.jar, folder / name, arguments.verbose)
    try:
        await run.start()
        for scenario in SCENARIOS:
            if arguments.scenario and scenario.__name__ not in arguments.scenario:
                continue
            begin = time.monotonic()
            try:
                await asyncio.wait_for(scenario(run), 90)
                print(f"ok     {name:10} {scenario.__name__:32} {time.monotonic() - begin:5.1f} s", flush=True)
            except (Failed, asyncio.TimeoutError, grpc.aio.AioRpcError) as e:
                passed = False
                print(f"FAILED {name:10} {scenario.__name__:32} {e!r}", flush=True)
    finally:
        await run.stop()
    return passed


async def run_all(arguments: argparse.Namespace, folder: Path) -> bool:
    commands = dict(driver.split("=", 1) for driver in arguments.driver)
    results = await asyncio.gather(
        *(run_provider(name, command, arguments, folder) for name, command in commands.items())
    )
    return all(results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jar", type=Path, required=True, help="of the server")
    parser.add_argument("--driver", action="append", required=True, metavar="LANGUAGE=COMMAND")
    parser.add_argument("-s", "--scenario", action="append", help="only this one; may be repeated")
    parser.add_argument("-v", "--verbose", action="store_true", help="print each line that drivers send and receive")
    arguments = parser.parse_args()
    os.environ["GRPC_VERBOSITY"] = "NONE"
    folder = Path(tempfile.mkdtemp(prefix="openfeature-"))
    passed = asyncio.run(run_all(arguments, folder))
    if passed:
        shutil.rmtree(folder)
    else:
        print(f"The logs of drivers and servers are in {folder}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
