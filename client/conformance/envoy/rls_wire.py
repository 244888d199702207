"""Calls a server with messages that are generated from Envoy's own protos (package envoy-data-plane)."""

from __future__ import annotations

import time
from datetime import timedelta

import grpc
from driver_process import Failed
from envoy_data_plane.envoy.extensions.common.ratelimit.v3 import (
    RateLimitDescriptor,
    RateLimitDescriptorEntry,
    RateLimitDescriptorRateLimitOverride,
)
from envoy_data_plane.envoy.service.ratelimit.v3 import (
    RateLimitRequest,
    RateLimitResponse,
    RateLimitResponseCode,
    RateLimitResponseDescriptorStatus,
    RateLimitResponseRateLimit,
    RateLimitResponseRateLimitUnit,
)
from envoy_data_plane.envoy.type.v3 import RateLimitUnit

METHOD = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
RESET_RATE = "/flowhub.ephemeral.v1.RateLimitService/ResetRate"
SECONDS = 5
OK, OVER_LIMIT = RateLimitResponseCode.OK, RateLimitResponseCode.OVER_LIMIT


async def check_wire(port: int) -> None:
    """Compares every field of the responses to four requests, and the statuses of requests that are not valid."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(METHOD, RateLimitRequest.SerializeToString, RateLimitResponse.FromString)

        async def ask(*descriptors: RateLimitDescriptor, domain: str = "edge", hits: int = 0) -> RateLimitResponse:
            return await call(
                RateLimitRequest(domain=domain, descriptors=list(descriptors), hits_addend=hits), timeout=SECONDS
            )

        response = await ask(descriptor(("wire", "a")), descriptor(("no rule", "a")), hits=3)
        equal("overall_code", response.overall_code, OK)
        equal("statuses", without_reset(response), [status(OK, 2), RateLimitResponseDescriptorStatus(code=OK)])
        left = 86_400 - time.time() % 86_400
        reset = response.statuses[0].duration_until_reset
        if reset is None or not left - 1 <= reset.total_seconds() <= left + 10 or reset % timedelta(seconds=1):
            raise Failed(f"duration_until_reset: {reset} (expected: about {left:.0f} whole seconds)")
        headers = {h.key.lower(): h.value for h in response.response_headers_to_add}
        equal("response_headers_to_add", headers, {
            "ratelimit-limit": "5", "ratelimit-remaining": "2", "ratelimit-reset": str(int(reset.total_seconds())),
        })  # fmt: skip
        equal("request_headers_to_add", response.request_headers_to_add, [])
        equal("raw_body", response.raw_body, b"")
        equal("quota", response.quota, None)
        metadata = response.dynamic_metadata.to_dict() if response.dynamic_metadata else None
        equal("dynamic_metadata", metadata, {
            "domain": "edge", "hitsAddend": 3, "metadata": {"team": "payments"},
            "descriptors": [{"entries": ["wire=a"]}, {"entries": ["no rule=a"]}],
        })  # fmt: skip

        response = await ask(descriptor(("wire", "a"), hits=4), descriptor(("wire", "b"), hits=0))
        equal("overall_code", response.overall_code, OVER_LIMIT)
        equal("statuses", without_reset(response), [status(OVER_LIMIT, 0), status(OK, 5)])

        override = RateLimitDescriptorRateLimitOverride(requests_per_unit=7, unit=RateLimitUnit.MINUTE)
        response = await ask(descriptor(("wire", "a"), limit=override))
        limit = RateLimitResponseRateLimit(requests_per_unit=7, unit=RateLimitResponseRateLimitUnit.MINUTE)
        actual = response.statuses[0]
        equal("overridden limit, remaining", (actual.current_limit, actual.limit_remaining), (limit, 6))

        response = await ask(descriptor(("five minutes", "a")), domain="additions")
        current = response.statuses[0].current_limit
        equal("current_limit", (current.requests_per_unit, current.unit), (4, RateLimitResponseRateLimitUnit.MINUTE))
        # unit_multiplier is younger than these classes: field 4, a UInt32Value with 5 in its field 1.
        equal("unit_multiplier", current._unknown_fields, bytes([4 << 3 | 2, 2, 1 << 3, 5]))

        unknown_unit = RateLimitDescriptorRateLimitOverride(requests_per_unit=7)
        for what, arguments in {
            "domain": {"domain": ""},
            "descriptors": {"descriptors": []},
            "entries": {"descriptors": [RateLimitDescriptor()]},
            "key": {"descriptors": [descriptor(("", "a"))]},
            "unit": {"descriptors": [descriptor(("wire", "a"), limit=unknown_unit)]},
        }.items():
            descriptors = arguments.get("descriptors", [descriptor(("wire", "a"))])
            try:
                response = await ask(*descriptors, domain=arguments.get("domain", "edge"))
                raise Failed(f"a request with an invalid {what}: {response} (expected: INVALID_ARGUMENT)")
            except grpc.aio.AioRpcError as e:
                equal(f"status of a request with an invalid {what}", e.code(), grpc.StatusCode.INVALID_ARGUMENT)
                if what not in (e.details() or ""):
                    raise Failed(f"the message does not name the field {what}: {e.details()}") from None


def descriptor(*entries: tuple[str, str], hits: int | None = None, **fields: object) -> RateLimitDescriptor:
    return RateLimitDescriptor(
        entries=[RateLimitDescriptorEntry(key=key, value=value) for key, value in entries], hits_addend=hits, **fields
    )


def status(code: RateLimitResponseCode, remaining: int) -> RateLimitResponseDescriptorStatus:
    """Of the rule `wire`."""
    current = RateLimitResponseRateLimit(requests_per_unit=5, unit=RateLimitResponseRateLimitUnit.DAY, name="wire")
    return RateLimitResponseDescriptorStatus(code=code, current_limit=current, limit_remaining=remaining)


def without_reset(response: RateLimitResponse) -> list[RateLimitResponseDescriptorStatus]:
    return [
        RateLimitResponseDescriptorStatus(
            code=s.code, current_limit=s.current_limit, limit_remaining=s.limit_remaining, quota=s.quota
        )
        for s in response.statuses
    ]


def equal(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise Failed(f"{what}: {actual} (expected: {expected})")


async def reset_rate(port: int, *, user_id: str, action: str) -> None:
    """RateLimitService.ResetRate, whose request is two strings: user_id 1 and action 2."""

    def serialize(fields: tuple[str, ...]) -> bytes:
        return b"".join(bytes([number << 3 | 2, len(f.encode())]) + f.encode() for number, f in enumerate(fields, 1))

    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await channel.unary_unary(RESET_RATE, serialize, bytes)((user_id, action), timeout=SECONDS)
