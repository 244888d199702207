"""What a client of Envoy gets, scenario by scenario, in the order in which they run. Each has rules of its own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from driver_process import Failed
from edge_stack import EdgeStack, Reply
from rls_wire import check_wire, reset_rate

DAY = 86_400
RECOVERY_SECONDS = 20
BUSY_ATTEMPTS = 5

SCENARIOS: list[Callable[[EdgeStack], Awaitable[None]]] = []


def scenario(function: Callable[[EdgeStack], Awaitable[None]]) -> Callable[[EdgeStack], Awaitable[None]]:
    SCENARIOS.append(function)
    return function


def equal(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise Failed(f"{what}: {actual} (expected: {expected})")


async def until(what: str, condition: Callable[[], Awaitable[bool]], seconds: float = RECOVERY_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        await asyncio.sleep(0.1)


async def room_in_window(seconds: int, room: float) -> None:
    """Waits for the next window if the current one ends too soon. Windows are aligned to the clock."""
    left = seconds - time.time() % seconds
    if left < room:
        await asyncio.sleep(left + 0.05)


async def get_each(edge: EdgeStack, count: int, path: str = "/", listener: str = "open", **headers: str) -> list[Reply]:
    """As many requests, one after the other. `x_user` is the header `x-user`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [await edge.get(path, named, listener=listener) for _ in range(count)]


async def expect(
    edge: EdgeStack, passed: int, denied: int, path: str = "/", listener: str = "open", **headers: str
) -> list[Reply]:
    """As many requests pass, and the next ones get 429."""
    replies = await get_each(edge, passed + denied, path, listener, **headers)
    equal(f"statuses of {path} {headers}", [r.status for r in replies], [200] * passed + [429] * denied)
    return replies


@scenario
async def requests_get_429_from_the_limit_on(edge: EdgeStack) -> None:
    replies = await expect(edge, 5, 3, x_scenario="sequential")
    for denied in replies[5:]:
        equal("x-envoy-ratelimited", denied.headers.get("x-envoy-ratelimited"), "true")
        equal("body", denied.body, b"")


@scenario
async def of_64_clients_at_once_exactly_the_limit_passes(edge: EdgeStack) -> None:
    """Half of them reach the first server, half the second one. Repeated if a decision takes longer than redis.timeout:
    those requests get 500, and may have been counted."""
    for attempt in range(BUSY_ATTEMPTS):

        async def client(number: int, name: str = f"concurrent{attempt}") -> list[Reply]:
            return await get_each(edge, 4, listener=("closed", "encrypted")[number % 2], x_scenario=name)

        replies = [reply for of_client in await asyncio.gather(*map(client, range(64))) for reply in of_client]
        statuses = Counter(r.status for r in replies)
        if statuses[200] > 100 or not statuses[500]:
            break
    equal("statuses", statuses, Counter({200: 100, 429: 156}))


@scenario
async def headers_state_limit_remaining_and_reset(edge: EdgeStack) -> None:
    await room_in_window(60, 10)
    replies = await expect(edge, 3, 1, "/both")
    limits = {r.headers["x-ratelimit-limit"] for r in replies}
    equal("x-ratelimit-limit, the one that is closest to its limit first", limits, {"3, 3;w=60, 5;w=86400"})
    equal("x-ratelimit-remaining", [r.number("x-ratelimit-remaining") for r in replies], [2, 1, 0, 0])
    for r in replies:
        left = 60 - time.time() % 60
        if not left - 1 <= r.number("x-ratelimit-reset") <= left + 10:
            raise Failed(f"x-ratelimit-reset: {r.headers['x-ratelimit-reset']} (expected: about {left:.0f})")
        equal("ratelimit-limit, of the server", r.headers.get("ratelimit-limit"), "3")
        for name in ("remaining", "reset"):
            equal(
                f"ratelimit-{name}, of the server", r.headers.get(f"ratelimit-{name}"), r.headers[f"x-ratelimit-{name}"]
            )


@scenario
async def a_request_that_one_limit_denies_counts_in_the_other(edge: EdgeStack) -> None:
    """The four requests of the previous scenario are four hits of the day's limit of 5, as in envoyproxy/ratelimit."""
    await expect(edge, 1, 1, x_scenario="per-day")


@scenario
async def a_named_rule_is_in_the_header(edge: EdgeStack) -> None:
    (reply,) = await get_each(edge, 1, x_scenario="sequential")
    equal("x-ratelimit-limit", reply.headers["x-ratelimit-limit"], '5, 5;w=86400;name="sequential"')


@scenario
async def the_next_window_starts_with_the_clock(edge: EdgeStack) -> None:
    for _ in range(2):
        await asyncio.sleep(1.02 - time.time() % 1)
        await expect(edge, 2, 1, x_scenario="window")


@scenario
async def a_limit_of_zero_denies_all(edge: EdgeStack) -> None:
    await expect(edge, 0, 2, x_scenario="blocked")


@scenario
async def a_request_without_a_rule_passes_without_headers(edge: EdgeStack) -> None:
    for reply in await expect(edge, 3, 0, x_scenario="unknown") + await expect(edge, 3, 0, "/none"):
        equal("x-ratelimit-limit", reply.headers.get("x-ratelimit-limit"), None)


@scenario
async def nested_rules_limit_a_user_by_plan(edge: EdgeStack) -> None:
    await expect(edge, 2, 1, "/plan", x_plan="free", x_user="1")
    await expect(edge, 2, 1, "/plan", x_plan="free", x_user="2")
    await expect(edge, 4, 1, "/plan", x_plan="free", x_user="partner")
    await expect(edge, 6, 0, "/plan", x_plan="paid", x_user="1")
    await expect(edge, 6, 0, "/plan", x_plan="trial", x_user="1")
    await expect(edge, 6, 0, "/plan", x_plan="free")


@scenario
async def wildcards_count_each_value_or_all_together(edge: EdgeStack) -> None:
    await expect(edge, 2, 1, "/files/a b:c/{d}?e=1|%25".replace(" ", "%20"))
    await expect(edge, 2, 1, "/files/b")
    for name in ("a", "b", "c"):
        await expect(edge, 1, 0, f"/reports/{name}")
    await expect(edge, 0, 1, "/reports/d")


@scenario
async def each_address_has_its_own_counter(edge: EdgeStack) -> None:
    await expect(edge, 3, 1, "/address", x_forwarded_for="192.0.2.1")
    await expect(edge, 3, 1, "/address", x_forwarded_for="2001:db8::1")
    await expect(edge, 1, 1, "/address", x_forwarded_for="192.0.2.7")


@scenario
async def a_matching_header_selects_a_rule(edge: EdgeStack) -> None:
    await expect(edge, 1, 1, "/client", user_agent="Mozilla/5.0")
    await expect(edge, 3, 0, "/client", user_agent="curl/8")


@scenario
async def a_rule_in_shadow_mode_lets_all_pass(edge: EdgeStack) -> None:
    replies = await expect(edge, 4, 0, x_scenario="shadow")
    equal("x-ratelimit-remaining", [r.number("x-ratelimit-remaining") for r in replies], [1, 0, 0, 0])


@scenario
async def an_unlimited_rule_lets_all_pass(edge: EdgeStack) -> None:
    for reply in await expect(edge, 30, 0, x_scenario="unlimited"):
        equal("x-ratelimit-limit", reply.headers.get("x-ratelimit-limit"), None)


@scenario
async def a_route_overrides_the_limit_of_a_rule(edge: EdgeStack) -> None:
    await room_in_window(3600, 10)
    replies = await expect(edge, 2, 1, "/overridden/static")
    equal("x-ratelimit-limit", replies[0].headers["x-ratelimit-limit"], "2, 2;w=3600")


@scenario
async def dynamic_metadata_overrides_the_limit_of_a_rule(edge: EdgeStack) -> None:
    replies = await expect(edge, 1, 1, "/overridden/metadata")
    equal("x-ratelimit-limit", replies[0].headers["x-ratelimit-limit"], "1, 1;w=86400")


@scenario
async def a_rule_replaces_another_one(edge: EdgeStack) -> None:
    await expect(edge, 1, 1, "/tenant?tenant=a")
    await expect(edge, 3, 1, "/tenant?tenant=b", x_contract="large")
    await expect(edge, 1, 1, "/tenant?tenant=b")


@scenario
async def responses_are_charged_with_the_tokens_they_report(edge: EdgeStack) -> None:
    """Limit 100: a request passes while tokens are left, and its response may use more than that."""
    for spent in (40, 80, 120):
        await expect(edge, 1, 0, "/model", x_model="m", x_spend="40")
        left = max(0, 100 - spent)

        async def charged() -> bool:
            (peek,) = await get_each(edge, 1, "/model", x_model="m")
            return peek.number("x-ratelimit-remaining") == left

        await until(f"{spent} tokens charged", charged, 5)
    await expect(edge, 0, 2, "/model", x_model="m", x_spend="40")
    await expect(edge, 1, 0, "/model", x_model="other")


@scenario
async def negative_hits_return_what_was_consumed(edge: EdgeStack) -> None:
    await expect(edge, 2, 0, "/refund/take")
    await expect(edge, 1, 0, "/refund/give")
    await expect(edge, 1, 1, "/refund/take")


@scenario
async def quotas_fail_a_request_once_all_are_used_up(edge: EdgeStack) -> None:
    """The metadata of the rules that still have quota choose the backend."""
    replies = await expect(edge, 2, 1, "/quota")
    equal("x-choice at the backend", [r.backend_saw("x-choice") for r in replies[:2]], ["small", "large"])


@scenario
async def a_grpc_call_gets_resource_exhausted(edge: EdgeStack) -> None:
    reply = await edge.get("/", {"x-scenario": "blocked", "content-type": "application/grpc"})
    equal("status, grpc-status", (reply.status, reply.headers.get("grpc-status")), (200, "8"))


@scenario
async def two_servers_one_of_them_with_tls_count_together(edge: EdgeStack) -> None:
    await expect(edge, 2, 0, listener="encrypted", x_scenario="encrypted")
    await expect(edge, 1, 1, x_scenario="encrypted")
    await expect(edge, 0, 1, listener="encrypted", x_scenario="encrypted")


@scenario
async def ResetRate_makes_the_full_limit_available(edge: EdgeStack) -> None:
    await expect(edge, 2, 1, x_scenario="reset")
    await reset_rate(edge.server.port, user_id="reset", action="rls|edge|scenario|day")
    await expect(edge, 2, 1, x_scenario="reset")


@scenario
async def the_wire_is_that_of_the_original_protos(edge: EdgeStack) -> None:
    await check_wire(edge.server.port)


@scenario
async def metrics_count_by_rule(edge: EdgeStack) -> None:
    await expect(edge, 0, 1, x_scenario="sequential")
    samples = await edge.metrics()
    labels = '{domain="edge",key1="scenario_sequential"}'
    expected = {"total_hits": 10, "over_limit": 5, "within_limit": 5}
    counts = {name: samples.get(f"ratelimit_service_rate_limit_{name}{labels}") for name in expected}
    equal("counts of the rule", counts, expected)


@scenario
async def new_limits_apply_under_traffic_without_a_failed_request(edge: EdgeStack) -> None:
    before = (edge.limits / "edge-limits.yaml").read_text()
    after = before.replace("requests_per_unit: 1000000", "requests_per_unit: 2000000")
    statuses: Counter[int] = Counter()
    limits: list[str] = []
    done = asyncio.Event()

    async def traffic() -> None:
        while not done.is_set():
            reply = await edge.get("/", {"x-scenario": "reload"}, listener="closed")
            statuses[reply.status] += 1
            limits.append(reply.headers.get("x-ratelimit-limit", ""))

    clients = [asyncio.create_task(traffic()) for _ in range(4)]
    try:
        for text, limit in ((after, "2000000"), (before, "1000000"), (after, "2000000")):
            edge.write_limits(text)

            async def applied() -> bool:
                return bool(limits) and limits[-1].startswith(limit)

            await until(f"a limit of {limit}", applied, 10)
    finally:
        done.set()
        await asyncio.gather(*clients)
    equal("statuses of the requests in that time", set(statuses), {200})


@scenario
async def a_broken_file_keeps_the_limits_in_force(edge: EdgeStack) -> None:
    good = (edge.limits / "edge-limits.yaml").read_text()
    errors = "ratelimit_service_config_load_error"
    before = (await edge.metrics())[errors]
    edge.write_limits(good.replace("unit: second", "unit: fortnight"))

    async def rejected() -> bool:
        return (await edge.metrics())[errors] == before + 1

    await until("the file is rejected", rejected, 10)
    await expect(edge, 0, 1, x_scenario="sequential")
    (reply,) = await get_each(edge, 1, x_scenario="reload")
    equal("x-ratelimit-limit", reply.headers["x-ratelimit-limit"], "2000000, 2000000;w=86400")
    if "fortnight" not in (edge.folder / "server.log").read_text():
        raise Failed("the log of the server does not name the unit that is not valid")
    edge.write_limits(good)


async def expect_outage(edge: EdgeStack) -> None:
    """Without decisions, requests pass where Envoy fails open, and get 500 where it fails closed."""
    for listener, status in (("open", 200), ("closed", 500)):
        replies = await get_each(edge, 5, listener=listener, x_scenario="outage")
        equal(f"statuses of the listener '{listener}'", [r.status for r in replies], [status] * 5)


async def expect_recovery(edge: EdgeStack, status: int) -> None:
    for listener in ("open", "closed"):

        async def recovered() -> bool:
            (reply,) = await get_each(edge, 1, listener=listener, x_scenario="outage")
            return reply.status == status and "x-ratelimit-limit" in reply.headers

        await until(f"status {status} again from the listener '{listener}'", recovered)


@scenario
async def without_the_server_envoy_fails_open_or_closed(edge: EdgeStack) -> None:
    """The limit is still used up once the server is back: the counters are in Redis."""
    await expect(edge, 2, 1, x_scenario="outage")
    await edge.server.stop(kill=True)
    await expect_outage(edge)
    await edge.server.start()
    await expect_recovery(edge, 429)


@scenario
async def without_redis_envoy_fails_open_or_closed(edge: EdgeStack) -> None:
    """Redis lost its data, so that requests count from zero; the full window that the server knew ends with it."""
    await edge.redis.stop()
    await asyncio.sleep(1.1)  # a window that is known to be full is denied without Redis, for a second
    await expect_outage(edge)
    await edge.redis.start()
    await expect_recovery(edge, 200)
    await expect(edge, 0, 1, x_scenario="outage")
