"""Where a client connects to, with which credentials and limits."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

TARGET = "EPHEMERAL_CLIENT_TARGET"
PLAINTEXT = "EPHEMERAL_CLIENT_PLAINTEXT"
CA = "EPHEMERAL_CLIENT_CA"
CERTIFICATE = "EPHEMERAL_CLIENT_CERTIFICATE"
KEY = "EPHEMERAL_CLIENT_KEY"
TOKEN_FILE = "EPHEMERAL_CLIENT_TOKEN_FILE"  # noqa: S105

Token = Callable[[], str]

_VARIABLES = {
    "target": TARGET,
    "plaintext": PLAINTEXT,
    "ca": CA,
    "certificate": CERTIFICATE,
    "key": KEY,
    "token_file": TOKEN_FILE,
}

_log = logging.getLogger("ephemeral_client")
# Those of gRPC. `dns:9090` is port 9090 of a host named dns.
_HAS_SCHEME = re.compile(r"(unix|unix-abstract|vsock|ipv4|ipv6|xds|google-c2p|dns):(?!\d+$).+")
_TARGET_RULE = "host:port with a port of 1 to 65535, [address]:port for IPv6, or a gRPC target such as dns:///host:port"
_TOKEN = re.compile(r"[\x21-\x7e]+")
_KEEP_ALIVE_TIMEOUT_MILLIS = 5_000
_MAX_RESPONSE_BYTES = 8 << 20  # Holds a response with 1,000 objects of 5 KB, the largest that the service sends.


@dataclass(frozen=True)
class Settings:
    """The settings of a client. Durations are seconds. `EphemeralClient` and `AsyncEphemeralClient` take the same."""

    target: str
    """`host:port`, several of them separated by commas, or a gRPC target with its scheme."""

    plaintext: bool = False
    """No encryption, and the server is not authenticated: for a private network only."""

    ca: str | os.PathLike[str] | None = None
    """A PEM file of certificate authorities. None: those that come with grpcio."""

    certificate: str | os.PathLike[str] | None = None
    """A PEM file with the certificate of this client, with `key`."""

    key: str | os.PathLike[str] | None = None
    """A PEM file with the private key of `certificate`."""

    credentials: grpc.ChannelCredentials | None = None
    """Instead of `ca`, `certificate` and `key`."""

    token: Token | None = None
    """Returns the present bearer token, once per call; an empty one is not sent."""

    token_file: str | os.PathLike[str] | None = None
    """A file with the bearer token, read again at most once a minute."""

    allow_plaintext_token: bool = False
    """Send the token in clear text also beyond loopback, where it can be read on the network."""

    deadline: float = 1.0
    """Of a unary call without one, retries included. 0.001 to 3,600."""

    keep_alive: float = 30.0
    """Silence after which the client pings the server; without a reply within 5 s it closes the connection. 10 to
    3,600."""

    max_cache_wait: float = 0.2
    """How long a `get` of a user or product waits for the cache before it loads. 0.001 to 60."""

    max_loads: int = 16
    """Concurrent loads of users, and of products. 1 to 1,000."""

    load_deadline: float = 2.0
    """Of one load, including the wait for its turn. 0.001 to 3,600."""

    options: tuple[tuple[str, Any], ...] = ()
    """Further channel options of gRPC, which take precedence."""

    def __post_init__(self) -> None:
        _require_target(self.target)
        for name, least, most in (
            ("deadline", 0.001, 3_600),
            ("keep_alive", 10, 3_600),
            ("max_cache_wait", 0.001, 60),
            ("max_loads", 1, 1_000),
            ("load_deadline", 0.001, 3_600),
        ):
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name}: {getattr(self, name)} (expected: {least} to {most})")
        files = self.ca or self.certificate or self.key
        if (self.certificate is None) != (self.key is None):
            missing = "certificate" if self.certificate is None else "key"
            raise ValueError(f"{missing}: not set (expected: certificate and key, both or none)")
        if self.plaintext and (files or self.credentials):
            raise ValueError("plaintext: True (expected: False with ca, certificate, key or credentials)")
        if self.credentials and files:
            raise ValueError("credentials: set (expected: not with ca, certificate or key)")
        if self.token and self.token_file:
            raise ValueError("token_file: set (expected: not with token)")
        has_token = self.token or self.token_file
        if has_token and self.plaintext and not (self.allow_plaintext_token or _is_loopback(self.target)):
            raise ValueError(
                f"plaintext: True with a token for {self.target!r} (expected: TLS, a loopback address or "
                "allow_plaintext_token)"
            )
        self._require_files()

    def _require_files(self) -> None:
        """gRPC reports a file that it cannot use as a server that is unavailable, at the first call."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # Which keys are long enough is decided by gRPC.
        for field, path in (("ca", self.ca), ("certificate", self.certificate)):
            if path is not None:
                _require_pem(field, path, "certificates in PEM", context.load_verify_locations)
        certificate = self.certificate
        if certificate is not None and self.key is not None:
            _require_pem(
                "key",
                self.key,
                "the private key of the certificate in PEM, not encrypted",
                lambda key: context.load_cert_chain(certificate, key, password=lambda: b""),
            )
        if self.token_file:
            TokenFile(Path(self.token_file))

    @staticmethod
    def from_env(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Reads the environment variables EPHEMERAL_CLIENT_...; `overrides` take precedence."""
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for field, variable in _VARIABLES.items():
            if source.get(variable) and field != "plaintext":
                values[field] = source[variable]
        plaintext = source.get(PLAINTEXT) or "false"
        if plaintext not in ("true", "false"):
            raise ValueError(f"{PLAINTEXT}: {plaintext!r} (expected: true or false)")
        values["plaintext"] = plaintext == "true"
        values.update(overrides)
        if "target" not in values:
            raise ValueError(f"{TARGET}: not set (expected: host:port)")
        try:
            return Settings(**values)
        except ValueError as e:
            field, _, problem = str(e).partition(": ")
            if field in overrides or field not in _VARIABLES:
                raise
            raise ValueError(f"{_VARIABLES[field]}: {problem}") from None

    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """None: clear text."""
        if self.plaintext:
            return None
        if self.credentials is not None:
            return self.credentials
        return grpc.ssl_channel_credentials(_read(self.ca), _read(self.key), _read(self.certificate))

    def token_source(self) -> Token | None:
        return TokenFile(Path(self.token_file)) if self.token_file else self.token

    def channel_options(self) -> list[tuple[str, Any]]:
        own = [
            ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
            ("grpc.service_config_disable_resolution", 1),  # A DNS record must not decide what is retried.
            ("grpc.keepalive_time_ms", int(self.keep_alive * 1_000)),
            ("grpc.keepalive_timeout_ms", _KEEP_ALIVE_TIMEOUT_MILLIS),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.max_receive_message_length", _MAX_RESPONSE_BYTES),
            # gRPC doubles its wait up to 2 minutes otherwise: a server would be found minutes after a long outage.
            ("grpc.initial_reconnect_backoff_ms", 1_000),
            ("grpc.max_reconnect_backoff_ms", 2_000),
            ("grpc.min_reconnect_backoff_ms", 5_000),  # The limit of one attempt to connect.
            ("grpc.dns_min_time_between_resolutions_ms", 2_000),
            ("grpc.enable_http_proxy", 0),
            ("grpc.use_local_subchannel_pool", 1),  # A client has connections of its own.
        ]
        replaced = {name for name, _ in self.options}
        authority = _authority(self.target)
        if authority:
            own.append(("grpc.default_authority", authority))
        return [option for option in own if option[0] not in replaced] + list(self.options)

    def channel_target(self) -> str:
        """The gRPC target. Several hosts are resolved here, once: gRPC resolves a single name only."""
        if _HAS_SCHEME.fullmatch(self.target):
            return self.target
        hosts = [host.strip() for host in self.target.split(",")]
        if len(hosts) == 1:
            return "dns:///" + hosts[0]
        addresses = [address for host in hosts for address in _addresses(host)]
        family = addresses[0][0]
        kind = "ipv6" if family == socket.AF_INET6 else "ipv4"
        return f"{kind}:" + ",".join(dict.fromkeys(text for own, text in addresses if own == family))


def service_config() -> str:
    """The service config for gRPC channels of your own, for the channel option `grpc.service_config`.

    It distributes calls over all servers and retries what is always safe. The clients of this package need none: they
    also retry what is safe because of its request.
    """
    return (Path(__file__).parent / "service-config.json").read_text(encoding="utf-8")


class TokenFile:
    """The content of a file, read again at most once a minute, so that the token can be rotated."""

    _MAX_AGE = 60.0

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._is_bad = False
        self._token = self._read()
        self._read_at = clock()

    def __call__(self) -> str:
        if self._clock() - self._read_at >= self._MAX_AGE:
            with self._lock:
                self._read_at = self._clock()
                try:
                    self._token = self._read()
                    self._is_bad = False
                except ValueError as e:  # It may be replaced just now. The last token may still be valid.
                    if not self._is_bad:
                        _log.warning("The last token stays in use. %s", e)
                    self._is_bad = True
        return self._token

    def _read(self) -> str:
        content = _read_file("token_file", self._path).strip()
        try:
            return require_token(content.decode("latin-1"))
        except ValueError:
            rule = "one line of printable ASCII without white space"
            raise ValueError(f"token_file: {str(self._path)!r} (expected: {rule})") from None

    def __repr__(self) -> str:
        return f"TokenFile({str(self._path)!r})"


def _read(path: str | os.PathLike[str] | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()


def require_token(token: str) -> str:
    """Returns the token, or raises ValueError without it: gRPC prints metadata that it rejects."""
    if not _TOKEN.fullmatch(token):
        raise ValueError("token: not shown (expected: printable ASCII without white space)")
    return token


def _read_file(field: str, path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError):
        raise ValueError(f"{field}: {os.fspath(path)!r} (expected: a file that can be read)") from None


def _require_pem(
    field: str, path: str | os.PathLike[str], rule: str, load: Callable[[str | os.PathLike[str]], None]
) -> None:
    _read_file(field, path)
    try:
        load(path)
    except (OSError, ValueError):
        raise ValueError(f"{field}: {os.fspath(path)!r} (expected: {rule})") from None


def _require_target(target: str) -> None:
    if _HAS_SCHEME.fullmatch(target):
        ports = re.findall(r":(\d+)(?=,|$)", target) if target.startswith(("dns:", "ipv4:", "ipv6:")) else []
        if not all(_is_port(port) for port in ports):
            raise ValueError(f"target: {target!r} (expected: {_TARGET_RULE})")
        return
    for host in target.split(","):
        _split(host.strip())


def _is_port(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,5}", text) is not None and 1 <= int(text) <= 65_535


def _split(host: str) -> tuple[str, str]:
    name, _, port = host.rpartition(":")
    is_valid = _is_port(port)
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
        try:
            ipaddress.IPv6Address(name)
        except ValueError:
            is_valid = False
    elif not re.fullmatch(r"[^\s:/@\[\]]+", name):
        is_valid = False
    if not is_valid:
        raise ValueError(f"target: {host!r} (expected: {_TARGET_RULE})")
    return name, port


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    name, port = _split(host)
    try:
        found = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)
    except OSError as e:
        raise ValueError(f"target: {host!r} (expected: a name that resolves)") from e
    return [
        (family, f"[{address[0]}]:{port}" if family == socket.AF_INET6 else f"{address[0]}:{port}")
        for family, _, _, _, address in sorted(found, key=lambda info: info[0] != socket.AF_INET)
    ]


def _authority(target: str) -> str | None:
    """Of several hosts, the first names the server in its certificate."""
    return target.split(",")[0].strip() if "," in target and not _HAS_SCHEME.fullmatch(target) else None


def _is_loopback(target: str) -> bool:
    if target.startswith("unix:"):
        return True
    hosts = re.sub(r"^[a-zA-Z0-9+.-]+:/*(?=.*:)", "", target) if _HAS_SCHEME.fullmatch(target) else target
    for host in hosts.split(","):
        try:
            name = _split(host.strip())[0] if ":" in host else host
            if name != "localhost" and not ipaddress.ip_address(name).is_loopback:
                return False
        except ValueError:
            return False
    return True
