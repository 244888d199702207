"""A TCP proxy between a client and a server that reads the frames of HTTP/2 and injects faults."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEADER = 9
DATA = 0
HEADERS = 1
RECORDED_BYTES = 512

# What gRPC clients send by themselves: the watch of the server's health.
HEALTH_CHECK = b"readiness"


@dataclass
class LostAnswer:
    """The connection is cut when the server answers a request that contains these bytes; empty matches each request."""

    contains: bytes
    times: int


@dataclass(eq=False)
class Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    lost_streams: set[int] = field(default_factory=set)

    def cut(self) -> None:
        self.client.transport.abort()
        self.server.transport.abort()


class FaultProxy:
    """Forwards to one port of this machine. Modes: `pass`; `refuse`: nothing listens; `hold`: answers are not forwarded."""

    def __init__(self, server_port: int):
        self.server_port = server_port
        self.port = 0
        self.delay = 0.0
        self._listener: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._lost: list[LostAnswer] = []
        self._requests: list[tuple[float, bytes]] = []
        self._passes = asyncio.Event()
        self._passes.set()

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def set_mode(self, mode: str) -> None:
        if mode not in ("pass", "refuse", "hold"):
            raise ValueError(f"mode: {mode}")
        if mode == "hold":
            self._passes.clear()
        else:
            self._passes.set()
        if mode == "refuse":
            self.close()
        elif self._listener is None:
            await self.start()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.cut()

    @property
    def connections(self) -> int:
        return len(self._connections)

    def cut(self) -> None:
        for connection in list(self._connections):
            connection.cut()

    def lose_answers(self, contains: bytes, times: int) -> None:
        self._lost.append(LostAnswer(contains, times))

    def requests(self, contains: bytes) -> list[float]:
        """When requests with these bytes arrived; empty matches each, except health checks."""
        return [at for at, data in self._requests if matches(data, contains)]

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            to_client.transport.abort()
            return
        connection = Connection(to_client, to_server)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._forward_requests(connection, from_client), self._forward_answers(connection, from_server)
            )
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            connection.cut()
            self._connections.discard(connection)

    async def _forward_requests(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        start = await reader.read(1)
        if start == PREFACE[:1]:
            start += await reader.readexactly(len(PREFACE) - 1)
            connection.server.write(start)
            while frame := await read_frame(reader):
                if frame[3] == DATA:
                    self._on_request(connection, frame)
                connection.server.write(frame)
                await connection.server.drain()
        else:  # TLS
            while start:
                connection.server.write(start)
                await connection.server.drain()
                start = await reader.read(65536)
        connection.server.write_eof()

    def _on_request(self, connection: Connection, frame: bytes) -> None:
        data = frame[FRAME_HEADER:]
        if not data:  # ends the stream only
            return
        self._requests.append((time.monotonic(), data[:RECORDED_BYTES]))
        for lost in self._lost:
            if lost.times > 0 and matches(data, lost.contains):
                lost.times -= 1
                connection.lost_streams.add(stream_of(frame))
                return

    async def _forward_answers(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        start = await reader.read(1)
        if not start or start[0] in (0x14, 0x15, 0x16):  # a record of TLS
            while start:
                await self._write_answer(connection, start)
                start = await reader.read(65536)
        else:
            while frame := await read_frame(reader, start):
                start = b""
                if frame[3] in (DATA, HEADERS) and stream_of(frame) in connection.lost_streams:
                    connection.cut()
                    return
                await self._write_answer(connection, frame)
        connection.client.write_eof()

    async def _write_answer(self, connection: Connection, data: bytes) -> None:
        await self._passes.wait()
        if self.delay:
            await asyncio.sleep(self.delay)
        connection.client.write(data)
        await connection.client.drain()


def matches(data: bytes, contains: bytes) -> bool:
    return contains in data if contains else HEALTH_CHECK not in data


def stream_of(frame: bytes) -> int:
    return int.from_bytes(frame[5:FRAME_HEADER], "big") & 0x7FFFFFFF


async def read_frame(reader: asyncio.StreamReader, start: bytes = b"") -> bytes:
    """One frame with its header; empty at the end of the connection."""
    try:
        header = start + await reader.readexactly(FRAME_HEADER - len(start))
        return header + await reader.readexactly(int.from_bytes(header[:3], "big"))
    except asyncio.IncompleteReadError:
        return b""
