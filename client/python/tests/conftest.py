"""A server in the process of the tests whose responses each test writes."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from ephemeral_client import v1

PACKAGE = "flowhub.ephemeral.v1"
STREAMS = {"StreamHeartbeats", "WatchPresence", "WatchTyping", "Subscribe"}
_T = TypeVar("_T")


def fail(
    context: grpc.ServicerContext,
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE,
    reason: str | None = "ERROR_REASON_REDIS_UNAVAILABLE",
    delay: timedelta | None = None,
    domain: str = "ephemeral.flowhub.io",
    metadata: dict[str, str] | None = None,
) -> Any:
    """Ends a call as the server does."""
    status = Status(code=code.value[0], message="the message")
    details = []
    if reason:
        details.append(ErrorInfo(reason=reason, domain=domain, metadata=metadata or {}))
    if delay is not None:
        duration = Duration()
        duration.FromTimedelta(delay)
        details.append(RetryInfo(retry_delay=duration))
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, "the message")


class FakeStream:
    """One stream that a client has opened."""

    _END = object()

    def __init__(self, requests: Iterator[Any], context: grpc.ServicerContext) -> None:
        self.context = context
        self.is_half_closed = False
        self._requests: queue.Queue[Any] = queue.Queue()
        self._responses: queue.Queue[Any] = queue.Queue()
        self._source = requests
        context.add_callback(lambda: self._responses.put(self._END))

    def read_requests(self) -> None:
        try:
            for request in self._source:
                self._requests.put(request)
            self.is_half_closed = True
        except Exception:
            pass  # The client cancelled the stream.

    def responses(self) -> Iterator[Any]:
        while (response := self._responses.get(timeout=60)) is not self._END:
            if callable(response):
                response(self.context)
            else:
                yield response

    def request(self) -> Any:
        return self._requests.get(timeout=30)

    def send(self, response: Any) -> None:
        self._responses.put(response)

    def end(self) -> None:
        self._responses.put(self._END)

    def break_off(self, delay: timedelta | None = None) -> None:
        self._responses.put(lambda context: fail(context, delay=delay))


class FakeServer(grpc.GenericRpcHandler):
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []
        self.handlers: dict[str, Callable[[Any, grpc.ServicerContext], Any]] = {}
        self.streams: queue.Queue[FakeStream] = queue.Queue()
        self._threads = ThreadPoolExecutor(64)
        self._server = grpc.server(self._threads, options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        port = self._server.add_insecure_port("127.0.0.1:0")
        self.target = f"127.0.0.1:{port}"
        self._server.start()

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler[Any, Any] | None:
        rpc = handler_call_details.method.rpartition("/")[2]
        metadata = dict(handler_call_details.invocation_metadata)
        if rpc in STREAMS:
            return grpc.stream_stream_rpc_method_handler(
                self._stream,
                request_deserializer=getattr(v1, f"{rpc}Request").FromString,
                response_serializer=lambda response: response.SerializeToString(),
            )

        def unary(request: Any, context: grpc.ServicerContext) -> Any:
            self.calls.append((rpc, request, metadata))
            return self.handlers[rpc](request, context)

        return grpc.unary_unary_rpc_method_handler(
            unary,
            request_deserializer=getattr(v1, f"{rpc}Request").FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )

    def _stream(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        stream = FakeStream(requests, context)
        self._threads.submit(stream.read_requests)
        self.streams.put(stream)
        return stream.responses()

    def count(self, rpc: str) -> int:
        return sum(1 for name, _, _ in self.calls if name == rpc)

    async def stream(self) -> FakeStream:
        """The next stream that the client opens."""
        return await in_thread(lambda: self.streams.get(timeout=30))

    def stop(self) -> None:
        self._server.stop(0).wait()
        self._threads.shutdown(wait=False)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.stop()


async def in_thread(action: Callable[[], _T]) -> _T:
    return await asyncio.get_running_loop().run_in_executor(None, action)


async def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "not in 30 s"
        await asyncio.sleep(0.01)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(test(), 90)

    asyncio.run(limited())
