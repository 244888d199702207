"""The driver of a client: a process that receives requests and sends answers and events, as JSON lines."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

MAX_LINE_BYTES = 16 << 20
EXIT_SECONDS = 30

# Those of the protocol; a driver may send others.
EVENTS = {"online", "offline", "typing", "message", "gap", "subscribed", "stale", "resynced", "rejected"}


class Failed(Exception):
    """A scenario did not go as expected."""


class Driver:
    def __init__(self, name: str, command: str, root: Path, log: Path, verbose: bool, kinds: set[str] | None = None):
        self.name = name
        self._kinds = EVENTS if kinds is None else kinds
        self.events: dict[str, list[dict]] = {}
        self.consumed: dict[str, int] = {}
        self._command = command
        self._root = root
        self._log = log
        self._verbose = verbose
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future] = {}
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_shell(
                f"exec {self._command}", cwd=self._root, limit=MAX_LINE_BYTES,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def request(self, op: str, args: dict, seconds: float) -> dict:
        """The answer without its id. Fails if there is none in time."""
        assert self._process is not None and self._process.stdin is not None
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        line = json.dumps({"id": number, "op": op, "args": args})
        self._trace(">", line)
        try:
            self._process.stdin.write(line.encode() + b"\n")
            await self._process.stdin.drain()
            return await asyncio.wait_for(answer, seconds)
        except asyncio.TimeoutError:
            raise Failed(f"{self.name}: no answer to {op} {shorten(args)} within {seconds} s") from None
        except OSError as e:
            raise Failed(f"{self.name}: the driver ended: {e}") from e
        finally:
            self._answers.pop(number, None)

    async def next_events(self, handle: str, count: int, seconds: float) -> list[dict]:
        """The next events of a handle, in order, which are then consumed. Fewer if they do not come in time."""
        end = time.monotonic() + seconds
        while True:
            self._changed.clear()
            begin = self.consumed.get(handle, 0)
            events = self.events.get(handle, [])[begin : begin + count]
            left = end - time.monotonic()
            if len(events) == count or left <= 0:
                self.consumed[handle] = begin + len(events)
                return events
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except asyncio.TimeoutError:
                pass

    def unexpected_events(self) -> dict[str, list[dict]]:
        rest = {handle: events[self.consumed.get(handle, 0) :] for handle, events in self.events.items()}
        return {handle: events for handle, events in rest.items() if events}

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def finish(self) -> None:
        """Ends the input. Fails unless the driver then exits with status 0."""
        assert self._process is not None and self._process.stdin is not None
        if self._process.returncode is None:
            self._process.stdin.close()
        try:
            status = await asyncio.wait_for(self._process.wait(), EXIT_SECONDS)
        except asyncio.TimeoutError:
            raise Failed(f"{self.name}: the driver did not exit within {EXIT_SECONDS} s") from None
        if status != 0:
            raise Failed(f"{self.name}: the driver exited with status {status}")

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        try:
            while line := await self._process.stdout.readline():
                self._trace("<", line.decode(errors="replace").rstrip())
                self._receive(json.loads(line))
        except (ValueError, KeyError) as e:
            self._end(Failed(f"{self.name}: not a line of the protocol: {e}"))
        else:
            self._end(Failed(f"{self.name}: the driver closed its output"))

    def _receive(self, line: dict) -> None:
        if "event" in line:
            if line["event"] in self._kinds:
                self.events.setdefault(line.get("handle", ""), []).append(line)
                self._changed.set()
            return
        answer = self._answers.get(line["id"])
        if answer is not None and not answer.done():
            answer.set_result({key: value for key, value in line.items() if key != "id"})

    def _end(self, failure: Failed) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(failure)

    def _trace(self, direction: str, line: str) -> None:
        if self._verbose:
            print(f"{time.strftime('%H:%M:%S')} {self.name} {direction} {line[:400]}", file=sys.stderr)


def shorten(value: object, limit: int = 300) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[:limit] + "..."
