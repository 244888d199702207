from __future__ import annotations

from pathlib import Path
from typing import Any

from ephemeral_client import v1
from ephemeral_client.retry_safety import RULES, is_safe

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "java-client.md"

PROPERTY: dict[str, dict[str, Any]] = {
    "with a `request_id` or `hits: 0`": {"request_id": "r"},
    "with a `request_id`": {"request_id": "r"},
    "with the token": {"token": "t"},
    "with a lease": {"lease": "l"},
    "with a `connection_id`": {"connection_id": "c"},
}


def rows() -> dict[str, str]:
    text = GUIDE.read_text(encoding="utf-8").split("| Call | Retried | Why |\n|---|---|---|\n")[1].split("\n\n")[0]
    cells = [line.split("|") for line in text.strip().splitlines()]
    return {cell[1].strip(" `"): cell[2].strip() for cell in cells}


def test_rules_are_those_of_the_guide() -> None:
    assert [request.DESCRIPTOR.name.removesuffix("Request") for request in RULES] == list(rows())
    for rpc, condition in rows().items():
        request = getattr(v1, f"{rpc}Request")
        assert is_safe(request()) is (condition == "yes"), rpc
        if condition not in ("yes", "no"):
            assert is_safe(request(**PROPERTY[condition])), rpc


def test_peek_is_safe_and_a_hit_is_not() -> None:
    assert is_safe(v1.CheckRateRequest(hits=0))
    assert not is_safe(v1.CheckRateRequest(hits=1))


def test_request_without_a_rule_is_not_safe() -> None:
    assert not is_safe(v1.WatchPresenceRequest())
    assert not is_safe(object())
