"""Runs one scenario against one client."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from backends import Redis, Server
from driver_process import Driver, Failed, shorten
from expectations import difference, snake_case_keys
from fault_proxy import FaultProxy

STEP_SECONDS = 40
VARIABLE = re.compile(r"\{(\w+)\}")


class Backend:
    """Redis and its servers, which several scenarios may use at a time."""

    def __init__(self, jar: Path, folder: Path, servers: int, settings: dict[str, str]):
        self.redis = Redis()
        self.servers = [Server(jar, self.redis, folder, f"server-{i + 1}", settings) for i in range(servers)]

    async def start(self) -> None:
        await self.redis.start()
        await asyncio.gather(*(server.start() for server in self.servers))

    async def stop(self) -> None:
        await asyncio.gather(*(server.stop(kill=True) for server in self.servers))
        await self.redis.stop()


class ScenarioRun:
    def __init__(self, client: str, command: str, scenario: dict, backend: Backend, root: Path, folder: Path, verbose: bool):
        self.name = scenario["name"]
        self.backend = backend
        self.folder = folder
        self.proxies = [FaultProxy(server.port) for server in backend.servers]
        self.drivers: dict[str, Driver] = {}
        self.variables: dict[str, str] = {"u": f"{client}-{self.name}"}
        self._client = client
        self._command = command
        self._steps = scenario["steps"]
        self._root = root
        self._verbose = verbose
        self._begun: dict[str, asyncio.Task] = {}

    async def run(self) -> None:
        """Fails with `Failed` if the client does not do what the scenario expects."""
        try:
            for number, proxy in enumerate(self.proxies, 1):
                await proxy.start()
                self.variables[f"proxy{number}"] = f"127.0.0.1:{proxy.port}"
                self.variables[f"server{number}"] = f"127.0.0.1:{proxy.server_port}"
            await self.run_steps(self._steps)
            for driver in self.drivers.values():
                unexpected = driver.unexpected_events()
                if unexpected:
                    raise Failed(f"{driver.name}: events that no step expects: {shorten(unexpected, 1000)}")
            for driver in self.drivers.values():
                await driver.finish()
        finally:
            for task in self._begun.values():
                task.cancel()
            for driver in self.drivers.values():
                await driver.kill()
            for proxy in self.proxies:
                proxy.close()

    async def run_steps(self, steps: list[dict]) -> None:
        for step in steps:
            step = self.fill(step)
            try:
                await self._step(step)
            except Failed as e:
                raise Failed(f"{e}\n    in step {shorten(step)}") from None

    async def _step(self, step: dict) -> None:
        if "repeat" in step:
            for i in range(step["repeat"]):
                self.variables["i"] = str(i)
                await self.run_steps(step["steps"])
        elif "any_of" in step:
            await self._any_of(step["any_of"], step["steps"])
        elif "start" in step:
            await self.start_driver(step["start"], step["connect"])
        elif "kill" in step:
            driver = self.drivers.pop(step["kill"])
            await driver.kill()
        elif "do" in step:
            if "begin" in step:
                self._begun[step["begin"]] = asyncio.create_task(self._request(step))
            else:
                self._expect(step, *await self._request(step))
        elif "end" in step:
            self._expect(step, *await self._begun.pop(step["end"]))
        elif "events" in step:
            await self._expect_events(step)
        elif "requests" in step:
            await self._expect_requests(step)
        elif "proxy" in step:
            await self._change_proxy(step)
        elif "redis" in step:
            await (self.backend.redis.start() if step["redis"] == "start" else self.backend.redis.stop())
        elif "redis_command" in step:
            await self._expect_reply(step)
        elif "server" in step:
            await self._change_server(step)
        elif "check" in step:
            import checks  # which imports this module

            await getattr(checks, step["check"])(self, step)
        else:
            raise ValueError(f"unknown step: {step}")

    async def _any_of(self, tries: int, steps: list[dict]) -> None:
        """For what a busy machine can be too slow for."""
        for i in range(tries):
            self.variables["i"] = str(i)
            try:
                return await self.run_steps(steps)
            except Failed:
                if i == tries - 1:
                    raise

    async def start_driver(self, name: str, connect: dict) -> Driver:
        log = self.folder / f"{self._client}-{self.name}-{name}.log"
        driver = Driver(f"{self._client}/{self.name}/{name}", self._command, self._root, log, self._verbose)
        self.drivers[name] = driver
        await driver.start()
        answer = await driver.request("connect", {"deadline_ms": 20000} | connect, STEP_SECONDS)
        if "error" in answer:
            raise Failed(f"{driver.name}: connect: {answer}")
        return driver

    async def _request(self, step: dict) -> tuple[dict, float]:
        begin = time.monotonic()
        driver = self.drivers[step.get("on", "a")]
        answer = await driver.request(step["do"], step.get("args", {}), step.get("seconds", STEP_SECONDS))
        return snake_case_keys(answer), time.monotonic() - begin  # type: ignore[return-value]

    def _expect(self, step: dict, answer: dict, seconds: float) -> None:
        expected = {"error": step["error"]} if "error" in step else {"error": None, "result": step.get("expect", {})}
        found = difference(expected, answer)
        if found is None and "took" in step:
            found = difference({"between": step["took"]}, seconds, "seconds")
        if found:
            raise Failed(f"{found}; the answer: {shorten(answer, 600)}")
        for name, path in step.get("save", {}).items():
            value: object = answer
            for key in path.split("."):
                value = value[key]  # type: ignore[index]
            self.variables[name] = str(value)

    async def _expect_events(self, step: dict) -> None:
        expected = step["are"]
        driver = self.drivers[step.get("on", "a")]
        handle = step["events"]
        events = await driver.next_events(handle, len(expected), step.get("seconds", STEP_SECONDS))
        if step.get("in_any_order"):
            events = sorted(events, key=lambda e: (e["event"], str(e.get("user", "")), str(e.get("room", ""))))
        found = difference([dict(each) for each in expected], events, "events")
        if found:
            raise Failed(f"{driver.name}: {found}; the events: {shorten(events, 1000)}")

    async def _expect_requests(self, step: dict) -> None:
        proxy = self.proxies[int(step.get("proxy", "1")) - 1]
        contains = step["requests"].encode()
        if "at_least" in step:
            await self.wait_until(
                lambda: len(proxy.requests(contains)) >= step["at_least"],
                lambda: f"{len(proxy.requests(contains))} requests (expected: at least {step['at_least']})",
            )
        times = proxy.requests(contains)
        if "count" in step and len(times) != step["count"]:
            raise Failed(f"{len(times)} requests with {step['requests']!r} arrived (expected: {step['count']})")
        apart = [round(after - before, 3) for before, after in zip(times, times[1:])]
        if any(each < step.get("apart", 0) for each in apart):
            raise Failed(f"the requests arrived {apart} s apart (expected: {step['apart']} s at least)")

    async def _change_proxy(self, step: dict) -> None:
        for number in step["proxy"].split(","):
            proxy = self.proxies[int(number) - 1]
            if "mode" in step:
                await proxy.set_mode(step["mode"])
            if "delay" in step:
                proxy.delay = step["delay"]
            if "lose_answers" in step:
                proxy.lose_answers(step["lose_answers"].encode(), step.get("times", 1))
            if step.get("cut"):
                proxy.cut()

    async def _expect_reply(self, step: dict) -> None:
        end = time.monotonic() + STEP_SECONDS
        while True:
            reply = await self.backend.redis.command(*step["redis_command"])
            found = difference(step["expect"], reply, "reply") if "expect" in step else None
            if found is None:
                return
            if time.monotonic() > end or step.get("at_once"):
                raise Failed(found)
            await asyncio.sleep(0.02)

    async def _change_server(self, step: dict) -> None:
        server = self.backend.servers[int(step["server"]) - 1]
        match step["to"]:
            case "start":
                await server.start()
            case "stop":
                await server.stop()
            case "terminate":
                server.terminate()
            case "end":
                await server.wait_for_end()
            case other:
                raise ValueError(f"to: {other}")

    async def wait_until(self, condition, description) -> None:
        end = time.monotonic() + STEP_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise Failed(description())
            await asyncio.sleep(0.02)

    def fill(self, value):
        """Replaces `{name}` by variables; in `steps` later, when they run."""
        if isinstance(value, dict):
            return {self.fill(key): each if key == "steps" else self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, str):
            return VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), value)
        return value
