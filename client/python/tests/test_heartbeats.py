from __future__ import annotations

import time
from typing import Any

from conftest import FakeServer, FakeStream, eventually, in_thread, run

from ephemeral_client import AsyncEphemeralClient, CameOnline, Connected, Disconnected, EphemeralClient, Rejected, v1
from ephemeral_client.heartbeat_schedule import HeartbeatKey, HeartbeatSchedule


async def frame(stream: FakeStream) -> v1.StreamHeartbeatsRequest:
    request: v1.StreamHeartbeatsRequest = await in_thread(stream.request)
    return request


def answer(stream: FakeStream, request: v1.StreamHeartbeatsRequest, **fields: Any) -> None:
    response = v1.StreamHeartbeatsResponse(sequence=request.sequence, **fields)
    response.next_in.seconds = 3
    response.expires_in.seconds = 10
    stream.send(response)


def test_user_is_online_until_removed(server: FakeServer) -> None:
    server.handlers["SetOffline"] = lambda request, context: v1.SetOfflineResponse(went_offline=True)
    server.handlers["GetPresence"] = lambda request, context: v1.GetPresenceResponse()

    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True, deadline=20) as client:
            heartbeats = client.heartbeats()
            heartbeats.add("alice")
            heartbeats.add("bob", "c1")
            stream = await server.stream()
            request = await frame(stream)
            assert list(request.user_ids) == ["alice"]
            assert [(item.user_id, item.connection_id) for item in request.heartbeats] == [("bob", "c1")]
            heartbeats.remove("bob", "c1")  # In flight: SetOffline waits for the response.
            for _ in range(3):
                await client.presence.GetPresence(v1.GetPresenceRequest())
            assert server.count("SetOffline") == 0
            answer(stream, request, came_online=["alice"])
            assert await heartbeats.__anext__() == Connected()
            assert await heartbeats.__anext__() == CameOnline("alice")
            await eventually(lambda: server.count("SetOffline") == 1)
            await heartbeats.remove_all()
            removed = {(item.user_id, item.connection_id) for rpc, item, _ in server.calls if rpc == "SetOffline"}
            assert removed == {("alice", ""), ("bob", "c1")}

    run(test)


def test_stopped_user_is_not_set_offline(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            heartbeats = client.heartbeats()
            heartbeats.add("alice")
            stream = await server.stream()
            answer(stream, await frame(stream))
            heartbeats.stop("alice")
            heartbeats.add("bob")
            assert list((await frame(stream)).user_ids) == ["bob"]
        assert server.count("SetOffline") == 0

    run(test)


def test_invalid_user_is_rejected_once_and_others_are_sent_again(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            heartbeats = client.heartbeats()
            heartbeats.add("al ice")
            heartbeats.add("bob")
            stream = await server.stream()
            request = await frame(stream)
            rejected = [
                v1.RejectedHeartbeat(index=0, error_reason="ERROR_REASON_INVALID_FIELD", message="user_id"),
                v1.RejectedHeartbeat(index=1, error_reason="ERROR_REASON_OVERLOADED"),
            ]
            assert list(request.user_ids) == ["al ice", "bob"]
            answer(stream, request, rejected=rejected)
            assert list((await frame(stream)).user_ids) == ["bob"]
            assert await heartbeats.__anext__() == Connected()
            assert await heartbeats.__anext__() == Rejected("al ice", "user_id")

    run(test)


def test_frame_that_is_rejected_as_a_whole_is_sent_again(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            heartbeats = client.heartbeats()
            heartbeats.add("alice")
            stream = await server.stream()
            reason = "ERROR_REASON_REDIS_UNAVAILABLE"
            answer(stream, await frame(stream), rejected=[v1.RejectedHeartbeat(index=-1, error_reason=reason)])
            assert list((await frame(stream)).user_ids) == ["alice"]

    run(test)


def test_heartbeats_continue_on_the_next_stream(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            heartbeats = client.heartbeats()
            heartbeats.add("alice")
            stream = await server.stream()
            await frame(stream)
            stream.break_off()
            stream = await server.stream()
            assert list((await frame(stream)).user_ids) == ["alice"]
            assert isinstance(await heartbeats.__anext__(), Disconnected)

    run(test)


def test_user_added_again_during_set_offline_is_sent_after_it(server: FakeServer) -> None:
    def slow(request: Any, context: Any) -> v1.SetOfflineResponse:
        time.sleep(0.3)
        return v1.SetOfflineResponse()

    server.handlers["SetOffline"] = slow

    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True, deadline=20) as client:
            heartbeats = client.heartbeats()
            heartbeats.add("alice")
            stream = await server.stream()
            answer(stream, await frame(stream))
            await heartbeats.__anext__()
            heartbeats.remove("alice")
            await eventually(lambda: server.count("SetOffline") == 1)
            heartbeats.add("alice")
            assert list((await frame(stream)).user_ids) == ["alice"]
            assert not heartbeats._removing

    run(test)


def test_blocking_heartbeats(server: FakeServer) -> None:
    server.handlers["SetOffline"] = lambda request, context: v1.SetOfflineResponse()
    with EphemeralClient(server.target, plaintext=True, deadline=20) as client:
        heartbeats = client.heartbeats()
        heartbeats.add("alice", "c1")
        stream = server.streams.get(timeout=30)
        answer(stream, stream.request(), came_online=["alice"])
        assert [next(heartbeats), next(heartbeats)] == [Connected(), CameOnline("alice")]
        heartbeats.remove_all()
        assert server.count("SetOffline") == 1


def test_heartbeats_are_spread_over_the_interval() -> None:
    schedule = HeartbeatSchedule()
    for number in range(1_000):
        schedule.add(HeartbeatKey(str(number), ""), 0.0)
    first = schedule.take_due(0.0, 1_000)
    assert len(first) == 1_000
    for timer in first:
        schedule.accepted(timer, 0.0)
    halves = [len(schedule.take_due(1.425, 1_000)), len(schedule.take_due(2.85, 1_000))]
    assert sum(halves) == 1_000
    assert 400 < halves[0] < 600


def test_after_a_reconnect_the_longest_without_a_heartbeat_is_first() -> None:
    schedule = HeartbeatSchedule()
    for number in range(3):
        schedule.add(HeartbeatKey(str(number), ""), 0.0)
    timers = schedule.take_due(0.0, 3)
    for timer, sent_at in zip(timers, (3.0, 1.0, 2.0), strict=True):
        schedule.accepted(timer, sent_at)
    schedule.spread(4.0)
    assert [timer.due - 4.0 for timer in (timers[1], timers[2], timers[0])] == [0.0, 1.0, 2.0]
    schedule.spread(8.8)  # The last accepted one at 3 ends at 13: its turn at 10.8 is early enough, at 11.5 the latest.
    assert schedule.take_due(8.8, 9) == [timers[1]]
