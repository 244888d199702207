"""A gRPC proxy that replaces the reason of flags: the mistake that the scenario of two users must find."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc

# Field 2 of the responses of Resolve*, with its length.
TARGETING_MATCH = b"\x12\x0fTARGETING_MATCH"
CALL_SECONDS = 10
STATIC = b"\x12\x06STATIC"


class StaticProxy(grpc.GenericRpcHandler):
    def __init__(self, port: int):
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._server = grpc.server(ThreadPoolExecutor(16), handlers=[self])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = details.method
        if method.endswith("/EventStream"):
            return grpc.unary_stream_rpc_method_handler(
                lambda request, context: self._channel.unary_stream(method)(request)
            )
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self._call(method, request, context))

    def _call(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            response = self._channel.unary_unary(method)(request, timeout=CALL_SECONDS)
            return response.replace(TARGETING_MATCH, STATIC)
        except grpc.RpcError as e:
            context.set_trailing_metadata([pair for pair in e.trailing_metadata() if not pair[0].startswith(":")])
            context.abort(e.code(), e.details())

    def close(self) -> None:
        self._channel.close()
        self._server.stop(0)
