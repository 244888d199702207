"""Watches and subscriptions against streams that break, drain and lag."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import FakeServer, FakeStream, eventually, in_thread, run

from ephemeral_client import (
    AsyncEphemeralClient,
    AsyncWatch,
    Connected,
    Disconnected,
    EphemeralClient,
    Gap,
    Message,
    Offline,
    Online,
    Resynced,
    Stale,
    Subscribed,
    Typing,
    v1,
)


def states(kind: str, **online: bool) -> v1.WatchPresenceResponse:
    response = v1.WatchPresenceResponse()
    for user, is_online in online.items():
        getattr(response, kind).users.add(user_id=user, online=is_online, version=1)
    return response


def message(number: int, payload: bytes = b"") -> v1.SubscribeResponse:
    content = payload or str(number).encode()
    return v1.SubscribeResponse(
        message=v1.BroadcastMessage(room_id="room", sender_id="s", payload=content, message_id=f"m{number}")
    )


def subscribed(*rooms: str) -> v1.SubscribeResponse:
    return v1.SubscribeResponse(subscribed=v1.BroadcastSubscribed(room_ids=rooms))


def draining(seconds: float = 20) -> v1.SubscribeResponse:
    left = v1.BroadcastDraining()
    left.time_left.FromTimedelta(timedelta(seconds=seconds))
    return v1.SubscribeResponse(draining=left)


async def request(stream: FakeStream) -> Any:
    return await in_thread(stream.request)


async def expect(watch: AsyncWatch[Any], *expected: object) -> None:
    for event in expected:
        actual = await watch.__anext__()
        if event is Disconnected:
            assert isinstance(actual, Disconnected)
        else:
            assert actual == event


def test_present_state_comes_first_and_then_changes_only(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.watch_presence(["alice", "bob"])
            stream = await server.stream()
            assert list((await request(stream)).add_user_ids) == ["alice", "bob"]
            stream.send(states("snapshot", alice=True, bob=False))
            stream.send(states("online", alice=True, bob=True))
            stream.send(states("offline", alice=False))
            await expect(watch, Connected(), Online("alice"), Offline("bob"), Online("bob"), Offline("alice"))
            watch.remove("bob")
            assert list((await request(stream)).remove_user_ids) == ["bob"]
            stream.send(states("offline", bob=False, alice=False))
            stream.send(states("online", alice=True))
            await expect(watch, Online("alice"))

    run(test)


@pytest.mark.parametrize(
    ("rpc", "field"),
    [("watch_presence", "add_user_ids"), ("watch_typing", "add_room_ids"), ("subscribe", "add_room_ids")],
)
def test_text_is_one_id(rpc: str, field: str, server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            getattr(client, rpc)("bob")
            assert list(getattr(await request(await server.stream()), field)) == ["bob"]

    run(test)


def test_broken_watch_reconnects_and_delivers_what_changed(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.watch_presence(["alice", "bob"])
            stream = await server.stream()
            stream.send(states("snapshot", alice=True, bob=False))
            await expect(watch, Connected(), Online("alice"), Offline("bob"))
            stream.break_off()
            await expect(watch, Disconnected, Stale())
            watch.add("carol")
            stream = await server.stream()
            assert sorted((await request(stream)).add_user_ids) == ["alice", "bob", "carol"]
            stream.send(states("snapshot", alice=True, bob=True))
            stream.send(states("snapshot", carol=False))
            await expect(watch, Connected(), Online("bob"), Offline("carol"), Resynced())

    run(test)


def test_stale_while_redis_of_the_server_is_unavailable(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.watch_typing(["room"])
            stream = await server.stream()
            typing = v1.TypingList(room_id="room", user_ids=["alice", "bob"])
            stream.send(v1.WatchTypingResponse(typing=typing))
            stream.send(v1.WatchTypingResponse(stale=v1.TypingStale()))
            stream.send(v1.WatchTypingResponse(typing=typing))
            stream.send(v1.WatchTypingResponse(resynced=v1.TypingResynced()))
            await expect(watch, Connected(), Typing("room", ("alice", "bob")), Stale(), Resynced())

    run(test)


def test_lost_connection_leaves_a_gap_in_the_messages(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.subscribe(["room"], excluded_sender="me")
            stream = await server.stream()
            assert (await request(stream)).exclude_sender_id == "me"
            stream.send(subscribed("room"))
            stream.send(message(1))
            await expect(watch, Connected(), Subscribed(("room",)), Message("room", "s", b"1"))
            stream.break_off()
            stream = await server.stream()
            stream.send(subscribed("room"))
            await expect(watch, Disconnected, Stale(), Connected(), Gap(None, None), Subscribed(("room",)), Resynced())
            stream.send(v1.SubscribeResponse(gap=v1.BroadcastGap(room_id="room", lost=7)))
            stream.send(message(9))
            await expect(watch, Gap("room", 7), Message("room", "s", b"9"))

    run(test)


def test_drained_server_loses_and_repeats_no_message(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.subscribe(["room"])
            old = await server.stream()
            old.send(subscribed("room"))
            old.send(message(1))
            old.send(draining())
            await expect(watch, Connected(), Subscribed(("room",)), Message("room", "s", b"1"))
            new = await server.stream()
            assert list((await request(new)).add_room_ids) == ["room"]
            old.send(message(2))
            await expect(watch, Message("room", "s", b"2"))
            assert not old.is_half_closed
            new.send(subscribed("room"))
            await eventually(lambda: old.is_half_closed)
            new.send(message(3))  # On both streams: the old one goes on until it has sent all before the half-close.
            new.send(message(4))
            old.send(message(3))
            await expect(watch, Message("room", "s", b"3"))
            old.end()
            await expect(watch, Message("room", "s", b"4"))
            new.send(message(5))
            await expect(watch, Message("room", "s", b"5"))

    run(test)


def test_server_that_ends_before_the_hand_over_leaves_a_gap(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.subscribe(["room"])
            old = await server.stream()
            old.send(subscribed("room"))
            old.send(draining())
            await expect(watch, Connected(), Subscribed(("room",)))
            new = await server.stream()
            old.break_off()
            await expect(watch, Disconnected, Stale())
            new.send(subscribed("room"))
            await expect(watch, Connected(), Gap(None, None), Subscribed(("room",)), Resynced())

    run(test)


def test_room_added_during_the_hand_over_is_subscribed_once(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.subscribe(["room"])
            old = await server.stream()
            old.send(subscribed("room"))
            old.send(draining())
            new = await server.stream()
            await request(new)
            watch.add("other")
            assert list((await request(new)).add_room_ids) == ["other"]
            new.send(subscribed("room"))
            new.send(subscribed("other"))
            await eventually(lambda: old.is_half_closed)
            old.end()
            await expect(watch, Connected(), Subscribed(("room",)), Subscribed(("other",)))

    run(test)


def test_slow_reader_has_bounded_memory(server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.subscribe(["room"])
            stream = await server.stream()
            stream.send(subscribed("room"))
            await expect(watch, Connected(), Subscribed(("room",)))
            for number in range(2_000):
                stream.send(message(number, b"x" * 1_000))
            await eventually(lambda: not watch._has_space.is_set())
            assert len(watch._events) == 128
            for _ in range(2_000):
                assert isinstance(await watch.__anext__(), Message)

    run(test)


def test_failed_attempts_cost_no_memory_while_nothing_is_read() -> None:
    async def test() -> None:
        async with AsyncEphemeralClient("127.0.0.1:1", plaintext=True) as client:
            watch = client.watch_presence(["alice"])
            failures = 0

            def count() -> bool:
                nonlocal failures
                failures = watch._streams._current.stream._backoff._failures
                return failures >= 3

            await eventually(count)
            assert len(watch._events) <= 3
            await expect(watch, Disconnected, Stale())

    run(test)


@pytest.mark.parametrize("ids", ["a b", ["ok", "a:b"], [str(i) for i in range(20_001)]])
def test_invalid_ids_add_none(ids: Any, server: FakeServer) -> None:
    async def test() -> None:
        async with AsyncEphemeralClient(server.target, plaintext=True) as client:
            watch = client.watch_presence()
            with pytest.raises(ValueError, match="expected"):
                watch.add(ids)
            watch.add("alice")
            stream = await server.stream()
            assert list((await request(stream)).add_user_ids) == ["alice"]

    run(test)


def test_closed_client_ends_the_iteration(server: FakeServer) -> None:
    async def test() -> None:
        client = AsyncEphemeralClient(server.target, plaintext=True)
        watch = client.watch_presence(["alice"])
        (await server.stream()).send(states("snapshot", alice=True))
        await expect(watch, Connected(), Online("alice"))
        await client.close()
        assert [event async for event in watch] == []

    run(test)


def test_blocking_watch_is_an_iterator(server: FakeServer) -> None:
    with EphemeralClient(server.target, plaintext=True) as client:
        watch = client.watch_presence(["alice"])
        stream = server.streams.get(timeout=30)
        stream.send(states("snapshot", alice=True))
        assert [next(watch), next(watch)] == [Connected(), Online("alice")]
        watch.add(["bob"])
        with pytest.raises(ValueError, match="expected"):
            watch.add("b b")
        assert [list(stream.request().add_user_ids) for _ in range(2)] == [["alice"], ["bob"]]
    assert list(watch) == []
