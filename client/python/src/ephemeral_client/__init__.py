"""The client of Ephemeral, for asyncio and for blocking code."""

from ephemeral_client.blocking import Heartbeats, Loader, ReadThrough, Watch
from ephemeral_client.client import AsyncEphemeralClient, EphemeralClient
from ephemeral_client.errors import UNRECOGNIZED, EphemeralError, LoadError, error_of
from ephemeral_client.events import (
    CameOnline,
    Connected,
    Disconnected,
    Gap,
    HeartbeatEvent,
    Message,
    Offline,
    Online,
    PresenceEvent,
    Rejected,
    Resynced,
    Stale,
    Subscribed,
    SubscriptionEvent,
    Typing,
    TypingEvent,
)
from ephemeral_client.heartbeats import AsyncHeartbeats
from ephemeral_client.ids import escape_id, unescape_id
from ephemeral_client.rate_limiter import AsyncRateLimiter, Decision, OnUnavailable, RateLimiter
from ephemeral_client.read_through import AsyncLoader, AsyncReadThrough
from ephemeral_client.settings import Settings, service_config
from ephemeral_client.watches import AsyncPresenceWatch, AsyncSubscription, AsyncTypingWatch, AsyncWatch

__all__ = [
    "UNRECOGNIZED",
    "AsyncEphemeralClient",
    "AsyncHeartbeats",
    "AsyncLoader",
    "AsyncPresenceWatch",
    "AsyncRateLimiter",
    "AsyncReadThrough",
    "AsyncSubscription",
    "AsyncTypingWatch",
    "AsyncWatch",
    "CameOnline",
    "Connected",
    "Decision",
    "Disconnected",
    "EphemeralClient",
    "EphemeralError",
    "Gap",
    "HeartbeatEvent",
    "Heartbeats",
    "LoadError",
    "Loader",
    "Message",
    "Offline",
    "OnUnavailable",
    "Online",
    "PresenceEvent",
    "RateLimiter",
    "ReadThrough",
    "Rejected",
    "Resynced",
    "Settings",
    "Stale",
    "Subscribed",
    "SubscriptionEvent",
    "Typing",
    "TypingEvent",
    "Watch",
    "error_of",
    "escape_id",
    "service_config",
    "unescape_id",
]
