from __future__ import annotations

import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ephemeral_client import AsyncEphemeralClient, EphemeralClient, Settings, service_config
from ephemeral_client.blocking_channel import authorized
from ephemeral_client.settings import TokenFile


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({}, "EPHEMERAL_CLIENT_TARGET.*host:port"),
        ({"EPHEMERAL_CLIENT_TARGET": " "}, "EPHEMERAL_CLIENT_TARGET.*host:port"),
        ({"EPHEMERAL_CLIENT_TARGET": "a:1", "EPHEMERAL_CLIENT_PLAINTEXT": "yes"}, "PLAINTEXT: 'yes'.*true or false"),
        ({"EPHEMERAL_CLIENT_TARGET": "a:1", "EPHEMERAL_CLIENT_CA": "/none"}, "EPHEMERAL_CLIENT_CA.*can be read"),
        ({"EPHEMERAL_CLIENT_TARGET": "a:1", "EPHEMERAL_CLIENT_KEY": __file__}, "CERTIFICATE.*both or none"),
    ],
)
def test_bad_variable_is_named_with_its_rule(environment: dict[str, str], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        Settings.from_env(environment)


BAD_TARGETS = [
    "localhost",
    "localhost:0",
    "localhost:99999",
    "localhost:x",
    ":9090",
    "::1:9590",
    "[::g]:9090",
    "http://localhost:9090",
    "a b:9090",
    "a:1,",
    "a:1,b",
    "dns:///localhost:99999",
    "ipv4:127.0.0.1:99999",
]


@pytest.mark.parametrize("target", BAD_TARGETS)
def test_bad_target_is_rejected_before_anything_is_dialled(target: str) -> None:
    for client in (EphemeralClient, AsyncEphemeralClient):
        with pytest.raises(ValueError, match=r"^target: .*expected: host:port"):
            client(target, plaintext=True)
    with pytest.raises(ValueError, match=r"^EPHEMERAL_CLIENT_TARGET: .*expected: host:port"):
        Settings.from_env({"EPHEMERAL_CLIENT_TARGET": target})


@pytest.mark.parametrize(
    "target", ["a:65535", "[::1]:1", "dns:9090", "dns:///a", "dns:///a:1", "ipv6:[::1]:1", "unix:s"]
)
def test_good_target_is_accepted(target: str) -> None:
    Settings(target)


@pytest.mark.parametrize(
    ("field", "variable"),
    [
        ("ca", "EPHEMERAL_CLIENT_CA"),
        ("certificate", "EPHEMERAL_CLIENT_CERTIFICATE"),
        ("token_file", "EPHEMERAL_CLIENT_TOKEN_FILE"),
    ],
)
@pytest.mark.parametrize("content", [b"", "s3cret \u00e9\n".encode(), b"s3cret\ns3cret", b"s3 cret"])
def test_bad_file_is_named_with_its_rule_and_without_its_content(
    field: str, variable: str, content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    key = {"certificate": {"key": str(file)}}.get(field, {})
    for path in (file, tmp_path / "absent"):
        with pytest.raises(ValueError, match=rf"^{field}: '{path}' \(expected: ") as by_option:
            Settings("a:1", **{field: path}, **key)  # type: ignore[arg-type]
        environment = {"EPHEMERAL_CLIENT_TARGET": "a:1", variable: str(path)}
        if key:
            environment["EPHEMERAL_CLIENT_KEY"] = str(file)
        with pytest.raises(ValueError, match=rf"^{variable}: '{path}' \(expected: ") as by_variable:
            Settings.from_env(environment)
        for raised in (by_option, by_variable):
            assert "s3" not in str(raised.value)
            assert raised.value.__cause__ is None
            assert raised.value.__suppress_context__


def test_certificate_and_key_have_to_match(tmp_path: Path) -> None:
    for name in ("one", "other"):
        files = ["-keyout", str(tmp_path / f"{name}.key"), "-out", str(tmp_path / f"{name}.pem")]
        options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", *files]
        subprocess.run(["openssl", "req", *options], check=True, capture_output=True)
    one, key, other = tmp_path / "one.pem", tmp_path / "one.key", tmp_path / "other.key"
    Settings("a:1", ca=one, certificate=str(one), key=key).channel_credentials()
    environment = {"EPHEMERAL_CLIENT_TARGET": "a:1", "EPHEMERAL_CLIENT_CERTIFICATE": str(one)}
    with pytest.raises(ValueError, match=r"^EPHEMERAL_CLIENT_KEY: .*private key of the certificate"):
        Settings.from_env({**environment, "EPHEMERAL_CLIENT_KEY": str(other)})
    with pytest.raises(ValueError, match=r"^EPHEMERAL_CLIENT_KEY: not set"):
        Settings.from_env(environment)


def test_option_is_named_if_it_replaces_a_variable() -> None:
    with pytest.raises(ValueError, match=r"^target: 'a'"):
        Settings.from_env({"EPHEMERAL_CLIENT_TARGET": "a:1"}, target="a")


@pytest.mark.parametrize("content", ["s3cret \u00e9", "", "s3cret\ns3cret"])
def test_bad_token_file_keeps_the_last_token_and_is_logged_once(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    file = tmp_path / "token"
    file.write_text("first\n")
    token = TokenFile(file, lambda: now[0])
    file.write_text(content, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        for minute in range(3):
            now[0] = 60.0 + 60 * minute
            assert token() == "first"
    assert len(caplog.records) == 1
    assert str(file) in caplog.text
    assert "s3cret" not in caplog.text
    file.write_text("second")
    now[0] = 300
    assert token() == "second"


@pytest.mark.parametrize("token", ["s3cret\n", "s3cret \u00e9"])
def test_bad_token_is_an_error_without_it(token: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII") as raised:
        authorized((), lambda: token)
    assert "s3cret" not in str(raised.value)


def test_environment_is_read_and_arguments_take_precedence(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    environment = {"EPHEMERAL_CLIENT_TARGET": "a:1", "EPHEMERAL_CLIENT_TOKEN_FILE": str(token)}
    settings = Settings.from_env(environment, deadline=0.5)
    assert (settings.target, settings.plaintext, settings.deadline) == ("a:1", False, 0.5)
    source = settings.token_source()
    assert source is not None
    assert source() == "secret"
    assert "secret" not in repr(settings) + repr(source)
    assert Settings.from_env({"EPHEMERAL_CLIENT_TARGET": "a:1", "EPHEMERAL_CLIENT_PLAINTEXT": "true"}).plaintext


@pytest.mark.parametrize("target", ["ephemeral:9090", "localhost:1,ephemeral:2", "dns:///10.0.0.1:9090"])
def test_token_is_not_sent_in_clear_text_beyond_loopback(target: str) -> None:
    with pytest.raises(ValueError, match="allow_plaintext_token"):
        Settings(target, plaintext=True, token=lambda: "t")
    Settings(target, token=lambda: "t")
    Settings(target, plaintext=True, token=lambda: "t", allow_plaintext_token=True)


@pytest.mark.parametrize("target", ["localhost:1", "127.0.0.1:1", "[::1]:1", "dns:///localhost:1", "unix:/tmp/s"])
def test_token_is_sent_in_clear_text_over_loopback(target: str) -> None:
    Settings(target, plaintext=True, token=lambda: "t")


def test_rotated_token_is_read_within_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "token"
    file.write_text("first\n")
    token = TokenFile(file, lambda: now[0])
    file.write_text("second\n")
    now[0] = 59
    assert token() == "first"
    now[0] = 60
    assert token() == "second"
    file.unlink()  # While it is being replaced, the last one is used.
    now[0] = 200
    assert token() == "second"


@pytest.mark.parametrize(
    "setting", [{"deadline": 0}, {"keep_alive": 9}, {"max_cache_wait": 61}, {"max_loads": 0}, {"load_deadline": 3_601}]
)
def test_setting_out_of_range_is_named_with_its_range(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected: .* to "):
        Settings("a:1", **setting)


def test_several_targets_are_one_list_of_addresses() -> None:
    assert Settings("127.0.0.1:1, 127.0.0.2:2").channel_target() == "ipv4:127.0.0.1:1,127.0.0.2:2"
    assert Settings("[::1]:1,[::1]:2").channel_target() == "ipv6:[::1]:1,[::1]:2"
    assert Settings("ephemeral:9090").channel_target() == "dns:///ephemeral:9090"
    assert Settings("dns:///ephemeral:9090").channel_target() == "dns:///ephemeral:9090"


def test_service_config_for_other_channels_is_in_the_package() -> None:
    shared = Path(__file__).parents[2] / "service-config.json"
    assert service_config() == shared.read_text(encoding="utf-8")
