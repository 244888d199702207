from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ephemeral_client import Settings, service_config
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
