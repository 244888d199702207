"""A login of which each user has 5 attempts a minute: the sixth gets 429 with `Retry-After`.

While Ephemeral is unavailable, logins pass; with `LOGIN_ON_UNAVAILABLE=closed` they get 503.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from pydantic import BaseModel

from ephemeral_client import AsyncEphemeralClient, OnUnavailable
from ephemeral_client.asgi import limit

ephemeral = AsyncEphemeralClient.from_env()
on_unavailable: OnUnavailable = "closed" if os.environ.get("LOGIN_ON_UNAVAILABLE") == "closed" else "open"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with ephemeral:
        yield


class Login(BaseModel):
    user: str
    password: str


async def user_of(request: Request) -> str:
    return str((await request.json())["user"])


app = FastAPI(lifespan=lifespan)


@app.post("/login")
@limit(ephemeral, "login_attempts", key=user_of, on_unavailable=on_unavailable)
async def login(login: Login) -> dict[str, bool]:
    return {"welcome": login.password == "open sesame"}  # noqa: S105
