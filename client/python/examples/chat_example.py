"""Two users of a chat, without a web server: presence, typing indicators and messages."""

import asyncio

from ephemeral_client import AsyncEphemeralClient, Message, Offline, Online, Subscribed, Typing, v1


async def main() -> None:
    async with AsyncEphemeralClient.from_env() as ephemeral:
        await ephemeral.wait_for_ready()
        heartbeats = ephemeral.heartbeats()
        presence = ephemeral.watch_presence(["bob"])
        typing = ephemeral.watch_typing(["kitchen"])
        messages = ephemeral.subscribe(["kitchen"])

        async for event in messages:
            if isinstance(event, Subscribed):
                break
        heartbeats.add("bob", "connection-1")
        async for state in presence:
            if isinstance(state, Online):
                print(f"{state.user} is online")
                break
        request = v1.SetTypingRequest(room_id="kitchen", user_id="bob", typing=True)
        await ephemeral.typing.SetTyping(request)
        async for indicator in typing:
            if isinstance(indicator, Typing) and indicator.users:
                print(f"typing: {', '.join(indicator.users)}")
                break
        await ephemeral.broadcast.Publish(v1.PublishRequest(room_id="kitchen", sender_id="bob", payload=b"hello"))
        async for event in messages:
            if isinstance(event, Message):
                print(f"{event.sender}: {event.payload.decode()}")
                break
        heartbeats.remove("bob", "connection-1")
        async for state in presence:
            if isinstance(state, Offline):
                print(f"{state.user} is offline")
                break


asyncio.run(main())
