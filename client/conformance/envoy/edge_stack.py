"""The processes of the scenarios: Redis, two servers, a backend and Envoy, all on free ports of loopback."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import subprocess
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

from backends import Redis, Server, end_process, free_port

HERE = Path(__file__).resolve().parent
READY_SECONDS = 30
WARM_UP = 100
LISTENERS = ("open", "closed", "encrypted")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def number(self, header: str) -> int:
        return int(self.headers[header])

    def backend_saw(self, header: str) -> str | None:
        """The header of the request as the backend received it."""
        return json.loads(self.body).get(header)


class Backend(BaseHTTPRequestHandler):
    """Responds with the headers of the request as JSON; reports as many tokens as the request's `x-spend` names."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-tokens", self.headers.get("x-spend", "0"))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


class BackendServer(ThreadingHTTPServer):
    request_queue_size = 256  # of 5, a burst of connections is refused
    daemon_threads = True


class EdgeStack:
    """Envoy in front of the backend, with one rate limit filter a listener.

    `open` and `closed` call the first server in clear text and differ in what they do without its decision; `encrypted`
    calls the second server with mutual TLS, as a caller that may do nothing else.
    """

    def __init__(self, envoy: Path, jar: Path, folder: Path):
        self.folder = folder
        self.limits = folder / "limits"
        self.redis = Redis()
        self.admin_port = free_port()
        self.ports = {name: free_port() for name in LISTENERS}
        self.envoy_admin_port = free_port()
        certificates = folder / "certificates"
        common = {
            "EPHEMERAL_RLS_CONFIG": str(self.limits),
            "EPHEMERAL_RLS_RESPONSE_HEADERS": "true",
            "EPHEMERAL_RLS_DYNAMIC_METADATA": "true",
        }
        tls = {
            "EPHEMERAL_TLS_CERTIFICATE": str(certificates / "server.crt"),
            "EPHEMERAL_TLS_KEY": str(certificates / "server.key"),
            "EPHEMERAL_TLS_CLIENT_CA": str(certificates / "ca.crt"),
            "EPHEMERAL_TLS_CLIENT_AUTH": "required",
            "EPHEMERAL_CALLERS_FILE": str(certificates / "callers.yaml"),
        }
        self.server = Server(jar, self.redis, folder, "server", common | {"EPHEMERAL_ADMIN_PORT": str(self.admin_port)})
        self.tls_server = Server(jar, self.redis, folder, "tls-server", common | tls)
        self._certificates = certificates
        self._envoy = envoy
        self._envoy_process: asyncio.subprocess.Process | None = None
        self._backend = BackendServer(("127.0.0.1", 0), Backend)

    async def start(self) -> None:
        shutil.copytree(HERE / "limits", self.limits)
        create_certificates(self._certificates)
        threading.Thread(target=self._backend.serve_forever, daemon=True).start()
        await self.redis.start()
        await asyncio.gather(self.server.start(), self.tls_server.start())
        await self._start_envoy()
        for listener in LISTENERS:  # the first calls of a JVM are slow, and those of 64 clients must not time out
            for _ in range(WARM_UP):
                await self.get("/", {"x-scenario": "unlimited"}, listener=listener)

    async def stop(self) -> None:
        await end_process(self._envoy_process, kill=True)
        await asyncio.gather(self.server.stop(kill=True), self.tls_server.stop(kill=True))
        await self.redis.stop()
        self._backend.shutdown()

    async def _start_envoy(self) -> None:
        bootstrap = self.folder / "envoy.yaml"
        ports = {f"{name}_port": port for name, port in self.ports.items()}
        bootstrap.write_text(
            Template((HERE / "envoy-bootstrap.yaml").read_text()).substitute(
                ports,
                admin_port=self.envoy_admin_port,
                backend_port=self._backend.server_address[1],
                server_port=self.server.port,
                tls_server_port=self.tls_server.port,
                certificates=self._certificates,
            )
        )
        with (self.folder / "envoy.log").open("wb") as log:
            self._envoy_process = await asyncio.create_subprocess_exec(
                str(self._envoy), "--config-path", str(bootstrap), "--concurrency", "2", "--disable-hot-restart",
                "--log-level", "warning", stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        for _ in range(READY_SECONDS * 10):
            try:
                if (await self.request(self.envoy_admin_port, "/ready")).status == 200:
                    return
            except OSError:
                pass
            if self._envoy_process.returncode is not None:
                raise OSError(f"Envoy ended: {(self.folder / 'envoy.log').read_text()}")
            await asyncio.sleep(0.1)
        raise TimeoutError("Envoy is not ready")

    async def get(self, path: str, headers: dict[str, str] | None = None, *, listener: str = "open") -> Reply:
        """One request through Envoy."""
        return await self.request(self.ports[listener], path, headers)

    async def request(self, port: int, path: str, headers: dict[str, str] | None = None) -> Reply:
        return await asyncio.to_thread(send, port, path, headers or {})

    async def metrics(self) -> dict[str, float]:
        """The samples of the first server, by name and labels as they are written, without those that are empty."""
        text = (await self.request(self.admin_port, "/metrics")).body.decode().replace(',key2=""', "")
        lines = (line for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def write_limits(self, text: str) -> None:
        """Replaces the file of limits as an editor does: it is complete from the first moment on."""
        new = self.folder / "next.yaml"
        new.write_text(text)
        new.replace(self.limits / "edge-limits.yaml")


def send(port: int, path: str, headers: dict[str, str]) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST" if "content-type" in headers else "GET", path, headers=headers)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def create_certificates(folder: Path) -> None:
    """An authority, a certificate each for the server and for Envoy, and what Envoy may call."""
    folder.mkdir()

    def certificate(name: str, *options: str) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt", *options],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip

    certificate("ca")
    for name, subject in (("server", "IP:127.0.0.1"), ("envoy", "URI:spiffe://edge/envoy")):
        certificate(name, "-CA", "ca.crt", "-CAkey", "ca.key", "-addext", f"subjectAltName={subject}",
                    "-addext", "basicConstraints=critical,CA:FALSE")  # fmt: skip
    (folder / "callers.yaml").write_text(
        "envoy: {certificates: ['spiffe://edge/envoy'], may: [envoy.service.ratelimit.v3.RateLimitService]}\n"
    )
