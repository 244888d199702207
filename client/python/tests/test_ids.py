from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ephemeral_client import escape_id, unescape_id
from ephemeral_client.ids import _ESCAPED, require_id

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "ids.json").read_text(encoding="utf-8")
)


def test_each_text_has_the_id_of_all_languages() -> None:
    for vector in VECTORS["escape"]:
        assert escape_id(vector["text"]) == vector["id"]
        assert unescape_id(vector["id"]) == vector["text"]
        assert require_id(vector["id"]) == vector["id"]


def test_escaped_characters_are_those_of_the_table() -> None:
    expected = {code for first, last in VECTORS["escaped"] for code in range(int(first, 16), int(last, 16) + 1)}
    assert {code for code in range(0x110000) if _ESCAPED.match(chr(code))} == expected


@pytest.mark.parametrize("text", [*VECTORS["escape_errors"], "\ud800"])
def test_text_that_makes_no_id_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        escape_id(text)


def test_escapes_of_other_programs_are_read() -> None:
    for vector in VECTORS["unescape"]:
        assert unescape_id(vector["id"]) == vector["text"]


@pytest.mark.parametrize("id", VECTORS["unescape_errors"])
def test_malformed_escape_is_an_error(id: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        unescape_id(id)


@pytest.mark.parametrize("id", ["", "a b", "a:b", "{a}", "\u200b", "a" * 129, "\ud800"])
def test_id_that_breaks_the_rule_is_an_error(id: str) -> None:
    with pytest.raises(ValueError, match="1 to 128 bytes"):
        require_id(id)
