"""Steps of scenarios that need more than a line of JSON: `{"check": NAME}`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from pathlib import Path

from driver_process import Driver, Failed, shorten
from scenario_run import STEP_SECONDS, ScenarioRun

HERE = Path(__file__).resolve().parent
CHECK_RATE = "RateLimitService/CheckRate"
MESSAGE_BYTES = 60_000
ROWS_PER_DRIVER = 20  # fewer failures than a client counts until it retries nothing


async def until_connected(run: ScenarioRun, step: dict) -> None:
    await until(run, lambda answer: "error" not in answer)


async def until_refused(run: ScenarioRun, step: dict) -> None:
    await until(run, lambda answer: answer.get("error", {}).get("code") == "UNAVAILABLE")


async def until_redis_unavailable(run: ScenarioRun, step: dict) -> None:
    await until(run, lambda answer: answer.get("error", {}).get("reason") == "REDIS_UNAVAILABLE")


async def until(run: ScenarioRun, condition) -> None:
    """Peeks until the answer is as expected, with too little time for a retry after the delay of the server."""
    end = time.monotonic() + STEP_SECONDS
    request = {"user_id": run.variables["u"] + "-peek", "action": "api_hits", "hits": 0}
    args = {"method": CHECK_RATE, "request": request, "deadline_ms": 900}
    while not condition(answer := await run.drivers["a"].request("call", args, STEP_SECONDS)):
        if time.monotonic() > end:
            raise Failed(f"the answer to a peek is {answer}")
        await asyncio.sleep(0.1)


async def retry_table(run: ScenarioRun, step: dict) -> None:
    """Loses the answer to each request of the table once, and counts how often it arrives."""
    rules = json.loads((HERE / "retry-safety.json").read_text())["rules"]
    rows = [
        (rule["method"], request, kind == "retried")
        for rule in rules
        for kind in ("retried", "not_retried")
        for request in rule[kind]
    ]
    for i, (method, request, is_safe) in enumerate(rows):
        if i % ROWS_PER_DRIVER == 0:
            if "a" in run.drivers:
                await run.drivers.pop("a").finish()
            await run.start_driver("a", {"target": run.variables["proxy1"]})
        await until_connected(run, step)
        arrived, answer = await lose_answer(run, method, request)
        failed = answer.get("error", {}).get("code") == "UNAVAILABLE"
        if arrived != (2 if is_safe else 1) or failed == is_safe:
            expected = "2 times and succeeds" if is_safe else "once and fails with UNAVAILABLE"
            raise Failed(f"{method} {shorten(request)} arrived {arrived} times, the answer is {answer} (expected: {expected})")


async def lose_answer(run: ScenarioRun, method: str, request: dict) -> tuple[int, dict]:
    proxy = run.proxies[0]
    before = len(proxy.requests(b""))
    proxy.lose_answers(b"", 1)
    answer = await run.drivers["a"].request("call", {"method": method, "request": request}, STEP_SECONDS)
    return len(proxy.requests(b"")) - before, answer


async def rejected_heartbeat(run: ScenarioRun, step: dict) -> None:
    """An invalid id is rejected at once or by an event."""
    args = {"handle": "h", "user": "1:3", "connection": "c"}
    answer = await run.drivers["a"].request("heartbeat_add", args, STEP_SECONDS)
    if "error" not in answer:
        events = await run.drivers["a"].next_events("h", 1, STEP_SECONDS)
        if [(e["event"], e["user"], e["reason"]) for e in events] != [("rejected", "1:3", "INVALID_FIELD")]:
            raise Failed(f"an invalid id: {events}")
    elif answer["error"]["code"] != "INVALID_ARGUMENT":
        raise Failed(f"an invalid id: {answer}")


async def first_states(run: ScenarioRun, step: dict) -> None:
    """Consumes the events of `w` until the user with heartbeats is online and each other one offline."""
    states: dict[str, str] = {}
    users = step["users"]
    while any(states.get(user) != state for user, state in users.items()):
        events = await run.drivers["a"].next_events("w", 1, STEP_SECONDS)
        if not events:
            raise Failed(f"states: {states} (expected: {users})")
        states[events[0]["user"]] = events[0]["event"]


async def killed_gateway(run: ScenarioRun, step: dict) -> None:
    begin = time.monotonic()
    await run.drivers.pop("gateway").kill()
    events = await run.drivers["a"].next_events("w", 1, 30)
    seconds = time.monotonic() - begin
    if [e["event"] for e in events] != ["offline"] or not 5 <= seconds <= 25:
        raise Failed(f"{events} {seconds:.1f} s after the kill (expected: offline after 6 to 11 s)")


async def slow_reader(run: ScenarioRun, step: dict) -> None:
    room, count = run.variables["u"], step["messages"]
    reader, sender = run.drivers["a"], run.drivers["b"]
    await reader.request("subscribe", {"handle": "s", "rooms": [room]}, STEP_SECONDS)
    await expect_subscribed(reader, "s")
    await reader.request("pause", {"handle": "s"}, STEP_SECONDS)
    for number in range(1, count + 1):
        await publish(sender, room, number, MESSAGE_BYTES)
    while_paused = len(reader.events["s"]) - reader.consumed["s"]
    if while_paused > 1:
        raise Failed(f"{while_paused} events while the reader was paused (expected: at most 1)")
    await reader.request("resume", {"handle": "s"}, STEP_SECONDS)
    await publish(sender, room, count + 1, 10)

    expected, lost = 1, 0
    while expected <= count + 1:
        events = await reader.next_events("s", 1, STEP_SECONDS)
        if not events:
            raise Failed(f"message {expected} did not arrive")
        event = events[0]
        if event["event"] == "gap" and event["room"] == room and event["missed"]:
            lost += event["missed"]
            expected += event["missed"]
        elif event["event"] == "message" and number_of(event) == expected:
            expected += 1
        else:
            raise Failed(f"{shorten(event)} (expected: message {expected} or a gap with a number)")
    if lost < step["lost"]:
        raise Failed(f"{lost} messages were lost (expected: at least {step['lost']}, as memory is bounded)")


async def escape_ids(run: ScenarioRun, step: dict) -> None:
    vectors = json.loads((HERE / "ids.json").read_text())
    driver = run.drivers["a"]
    for vector in vectors["escape"]:
        answer = await driver.request("escape_id", {"text": vector["text"]}, STEP_SECONDS)
        if answer.get("result", {}).get("id") != vector["id"]:
            raise Failed(f"{vector['text']!r}: {answer} (expected: {vector['id']!r})")
        request = {"user_id": vector["id"]}
        answer = await driver.request("call", {"method": "PresenceService/GetPresence", "request": request}, STEP_SECONDS)
        if "error" in answer:
            raise Failed(f"the server rejects {vector['id']!r}: {answer}")
    for text in vectors["escape_errors"]:
        if any("\ud800" <= character <= "\udfff" for character in text):
            continue  # not every language can read it from JSON
        answer = await driver.request("escape_id", {"text": text}, STEP_SECONDS)
        if answer.get("error", {}).get("code") != "INVALID_ARGUMENT":
            raise Failed(f"{text!r}: {shorten(answer)} (expected: INVALID_ARGUMENT)")


async def server_drained(run: ScenarioRun, step: dict) -> None:
    """Each server in turn shuts down and starts again, so each stream moves at least once."""
    room = run.variables["u"]
    reader = await run.start_driver("a", {"target": "{},{}".format(*(f"127.0.0.1:{p.port}" for p in run.proxies))})
    await reader.request("subscribe", {"handle": "s", "rooms": [room]}, STEP_SECONDS)
    await reader.request("watch_presence", {"handle": "w", "users": [f"{room}-0", f"{room}-1"]}, STEP_SECONDS)
    await reader.request("watch_typing", {"handle": "t", "rooms": [f"{room}-0", f"{room}-1"]}, STEP_SECONDS)
    await expect_subscribed(reader, "s")
    await expect_events(reader, "w", ["offline", "offline"])
    await expect_events(reader, "t", ["typing", "typing"])
    numbers = 0
    for round_number in (0, 1):
        ending, other = run.backend.servers[round_number], run.backend.servers[1 - round_number]
        sender = await run.start_driver(f"b{round_number}", {"target": f"127.0.0.1:{other.port}"})
        ending.terminate()
        ended = asyncio.create_task(ending.wait_for_end())
        after = 0
        while after < 50:
            numbers += 1
            await publish(sender, room, numbers, 100)
            await asyncio.sleep(0.01)
            after += ended.done()
        await ended
        user = f"{room}-{round_number}"
        await call(sender, "PresenceService/Heartbeat", {"user_id": user})
        await expect_events(reader, "w", ["online"])
        await call(sender, "TypingService/SetTyping", {"room_id": user, "user_id": "bob", "typing": True})
        await expect_events(reader, "t", ["typing", "typing"])
        await call(sender, "PresenceService/SetOffline", {"user_id": user})
        await expect_events(reader, "w", ["offline"])
        await ending.start()
        await run.wait_until(lambda: run.proxies[round_number].connections > 0, lambda: "the client did not reconnect")
    events = await reader.next_events("s", numbers, STEP_SECONDS)
    received = [number_of(e) if e["event"] == "message" else shorten(e) for e in events]
    if received != list(range(1, numbers + 1)):
        wrong = [each for i, each in enumerate(received, 1) if each != i]
        raise Failed(f"{len(received)} of {numbers} messages, the first out of order: {wrong[:1]}")


async def rolling_restart(run: ScenarioRun, step: dict) -> None:
    load = RollingRestart(run)
    await load.start()
    tasks = [asyncio.create_task(load.call_repeatedly(i)) for i in range(6)]
    tasks.append(asyncio.create_task(load.publish_repeatedly()))
    try:
        for server, proxy in zip(run.backend.servers, run.proxies):
            done_before = load.succeeded
            await run.wait_until(lambda: load.succeeded >= done_before + 50, lambda: "no load")
            await server.stop()
            await server.start()
            await run.wait_until(lambda: proxy.connections >= 2, lambda: "the clients did not reconnect")
        done_before = load.succeeded
        await run.wait_until(lambda: load.succeeded >= done_before + 50, lambda: "no load")
    finally:
        load.is_ending = True
        failures = [each for each in await asyncio.gather(*tasks, return_exceptions=True) if each]
    if failures:
        raise failures[0]
    await load.verify()


class RollingRestart:
    def __init__(self, run: ScenarioRun):
        self.run = run
        self.user = run.variables["u"]
        self.succeeded = 0
        self.is_ending = False
        self._charged = 0
        self._uncertain = 0
        self._failed: list[str] = []
        self._published: list[int] = []
        self._uncertain_messages: set[int] = set()

    async def start(self) -> None:
        target = {"target": ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.run.proxies)}
        self.client = await self.run.start_driver("a", target)
        self.sender = await self.run.start_driver("b", target)
        await self.client.request("heartbeats", {"handle": "h"}, STEP_SECONDS)
        await self.client.request("heartbeat_add", {"handle": "h", "user": self.user, "connection": "c"}, STEP_SECONDS)
        await self.client.request("watch_presence", {"handle": "w", "users": [self.user]}, STEP_SECONDS)
        await first_states(self.run, {"users": {self.user: "online"}})
        await self.client.request("subscribe", {"handle": "s", "rooms": [self.user]}, STEP_SECONDS)
        await expect_subscribed(self.client, "s")

    async def call_repeatedly(self, worker: int) -> None:
        """Checks with a request id, reads, and checks without one, of which some may fail."""
        number = 0
        while not self.is_ending:
            number += 1
            request = {"user_id": self.user, "action": "load"}
            if number % 3 == 0:
                safe = await self._request(CHECK_RATE, request | {"request_id": f"{worker}-{number}"})
                self._charged += safe
            elif number % 3 == 1:
                await self._request("PresenceService/GetPresence", {"user_id": self.user})
            else:
                answer = await self.client.request("call", {"method": CHECK_RATE, "request": request}, STEP_SECONDS)
                self._charged += "error" not in answer
                self._uncertain += "error" in answer
            await asyncio.sleep(0.005)

    async def _request(self, method: str, request: dict) -> bool:
        answer = await self.client.request("call", {"method": method, "request": request}, STEP_SECONDS)
        if "error" in answer:
            self._failed.append(f"{method} {shorten(request)}: {answer['error']}")
            return False
        self.succeeded += 1
        return True

    async def publish_repeatedly(self) -> None:
        number = 0
        while not self.is_ending:
            number += 1
            args = publish_args(self.user, number, 100)
            answer = await self.sender.request("call", args, STEP_SECONDS)
            if "error" in answer:
                self._uncertain_messages.add(number)
            else:
                self._published.append(number)
            await asyncio.sleep(0.01)

    async def verify(self) -> None:
        if self._failed:
            raise Failed(f"{len(self._failed)} calls failed that are safe to retry, {self.succeeded} did not: {self._failed[:3]}")
        count = int(str(await self.run.backend.redis.command("GET", f"rate:{self.user}:load")))
        if not self._charged <= count <= self._charged + self._uncertain:
            raise Failed(f"{count} hits (expected: {self._charged}, and {self._uncertain} that may have arrived)")
        await call(self.sender, "BroadcastService/Publish", publish_args(self.user, 0, 100)["request"])
        received: list[int] = []
        while not received or received[-1] != 0:
            events = await self.client.next_events("s", 1, STEP_SECONDS)
            if not events or events[0]["event"] != "message":
                raise Failed(f"{shorten(events)} after message {received[-1:]} (expected: a message)")
            received.append(number_of(events[0]))
        received.pop()
        if received != sorted(set(received)):
            raise Failed("messages arrived twice or out of order")
        lost = set(self._published) - set(received)
        if lost or set(received) - set(self._published) - self._uncertain_messages:
            raise Failed(f"messages {sorted(lost)[:10]} were lost")
        print(f"       {self.user}: {self.succeeded} safe calls, {count} hits, {self._uncertain} uncertain; "
              f"{len(received)} messages, {len(self._uncertain_messages)} uncertain", flush=True)  # fmt: skip


async def token_and_tls(run: ScenarioRun, step: dict) -> None:
    """The server gets TLS and callers; drivers with and without the authority and the token call it."""
    folder = run.folder / run.variables["u"]
    folder.mkdir(exist_ok=True)
    for name, subject, more in (
        ("ca", "ca", []),
        ("other-ca", "ca", []),
        ("server", "ephemeral", ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1"]),
    ):
        openssl = await asyncio.create_subprocess_exec(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "1", "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.crt", *more,
            cwd=folder, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        if await openssl.wait() != 0:
            raise Failed("openssl failed")
    digest = hashlib.sha256(b"right-token").hexdigest()
    (folder / "callers.yaml").write_text(f"checkout:\n  tokens: [{digest}]\n  may: [RateLimitService, Health]\n")
    for name in ("right", "wrong"):
        (folder / name).write_text(f"{name}-token\n")
    server = run.backend.servers[0]
    await server.stop()
    server.settings |= {
        "EPHEMERAL_TLS_CERTIFICATE": str(folder / "server.crt"),
        "EPHEMERAL_TLS_KEY": str(folder / "server.key"),
        "EPHEMERAL_CALLERS_FILE": str(folder / "callers.yaml"),
    }
    await server.start()
    request = {"user_id": run.variables["u"], "action": "login_attempts"}
    for ca, token, code, reason in (
        ("ca.crt", "right", None, None),
        ("ca.crt", "wrong", "UNAUTHENTICATED", "UNAUTHENTICATED"),
        ("other-ca.crt", "right", "UNAVAILABLE", None),
    ):
        connect = {"target": run.variables["proxy1"], "ca": str(folder / ca), "token_file": str(folder / token)}
        driver = await run.start_driver(f"{ca}-{token}", connect)
        answer = await driver.request("call", {"method": CHECK_RATE, "request": request}, STEP_SECONDS)
        error = answer.get("error", {})
        if (error.get("code"), error.get("reason")) != (code, reason):
            raise Failed(f"with {ca} and the {token} token: {answer} (expected: {code}, {reason})")
        denied = {"method": "PresenceService/GetPresence", "request": {"user_id": "alice"}}
        if code is None:
            error = (await driver.request("call", denied, STEP_SECONDS)).get("error", {})
            if error.get("reason") != "PERMISSION_DENIED":
                raise Failed(f"a call without the right: {error}")


async def expect_subscribed(driver: Driver, handle: str) -> None:
    await expect_events(driver, handle, ["subscribed"])


async def expect_events(driver: Driver, handle: str, kinds: list[str]) -> list[dict]:
    events = await driver.next_events(handle, len(kinds), STEP_SECONDS)
    if [e["event"] for e in events] != kinds:
        raise Failed(f"{driver.name}: events of {handle}: {shorten(events)} (expected: {kinds})")
    return events


async def call(driver: Driver, method: str, request: dict) -> None:
    answer = await driver.request("call", {"method": method, "request": request}, STEP_SECONDS)
    if "error" in answer:
        raise Failed(f"{driver.name}: {method}: {answer}")


async def publish(driver: Driver, room: str, number: int, size: int) -> None:
    await call(driver, "BroadcastService/Publish", publish_args(room, number, size)["request"])


def publish_args(room: str, number: int, size: int) -> dict:
    payload = base64.b64encode(str(number).encode().ljust(size)).decode()
    return {"method": "BroadcastService/Publish", "request": {"room_id": room, "sender_id": "bob", "payload": payload}}


def number_of(message: dict) -> int:
    return int(base64.b64decode(message["payload"])[:20])
