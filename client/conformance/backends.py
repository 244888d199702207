"""Redis and servers, each a process of its own on loopback."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from pathlib import Path

START_SECONDS = 90
STOP_SECONDS = 80

# Without an own port of metrics, and patient: a busy machine is no outage.
SETTINGS = {"EPHEMERAL_ADMIN_PORT": "0", "EPHEMERAL_REDIS_TIMEOUT": "500ms"}
LISTENS = re.compile(r"Serving .* on 127\.0\.0\.1:(\d+)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def end_process(process: asyncio.subprocess.Process | None, *, kill: bool = False) -> None:
    if process is None or process.returncode is not None:
        return
    if not kill:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
            return
        except asyncio.TimeoutError:
            pass
    process.kill()
    await process.wait()


class Redis:
    def __init__(self) -> None:
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(START_SECONDS * 10):
            try:
                await self.command("PING")
                return
            except OSError:
                await asyncio.sleep(0.1)
        raise TimeoutError("Redis did not start")

    async def stop(self) -> None:
        await end_process(self._process, kill=True)

    async def command(self, *words: str) -> object:
        """Sends one command and returns its reply."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"*{len(words)}\r\n".encode())
            for word in words:
                data = word.encode()
                writer.write(b"$%d\r\n%s\r\n" % (len(data), data))
            return await self._reply(reader)
        finally:
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader) -> object:
        line = (await reader.readuntil(b"\r\n"))[:-2].decode()
        kind, rest = line[0], line[1:]
        if kind == "$":
            return None if rest == "-1" else (await reader.readexactly(int(rest) + 2))[:-2].decode()
        if kind == "*":
            return [await self._reply(reader) for _ in range(int(rest))]
        if kind == "-":
            raise OSError(rest)
        return int(rest) if kind == ":" else rest


class Server:
    """A server on a port that stays the same when it restarts."""

    def __init__(self, jar: Path, redis: Redis, folder: Path, name: str, settings: dict[str, str]):
        self.port = free_port()
        self._jar = jar
        self._redis = redis
        self._log = folder / f"{name}.log"
        self.settings = dict(settings)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        begin = self._log.stat().st_size if self._log.exists() else 0
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EPHEMERAL_")}
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                shutil.which("java") or "java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-jar", str(self._jar), "serve", "--port", str(self.port), "--redis", self._redis.url,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment | SETTINGS | self.settings,
            )  # fmt: skip
        for _ in range(START_SECONDS * 10):
            text = self._log.read_bytes()[begin:].decode(errors="replace")
            if LISTENS.search(text):
                return
            if self._process.returncode is not None:
                raise OSError(f"the server ended: {text}")
            await asyncio.sleep(0.1)
        raise TimeoutError("the server did not start")

    async def stop(self, *, kill: bool = False) -> None:
        await end_process(self._process, kill=kill)

    def terminate(self) -> None:
        if self._process is not None:
            self._process.terminate()

    async def wait_for_end(self) -> None:
        if self._process is not None:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
