"""Compares an answer with what a scenario expects."""

from __future__ import annotations

import re

DURATION = re.compile(r"(-?\d+(?:\.\d+)?)s")
DEFAULTS = (None, False, 0, "", [], {}, "0s", "0")


def snake_case_keys(value: object) -> object:
    if isinstance(value, dict):
        return {snake_case(key): snake_case_keys(each) for key, each in value.items()}
    if isinstance(value, list):
        return [snake_case_keys(each) for each in value]
    return value


def snake_case(key: str) -> str:
    is_header = "-" in key
    return (key if is_header else re.sub("[A-Z]", lambda capital: "_" + capital[0], key)).lower()


def difference(expected: object, actual: object, at: str = "") -> str | None:
    """None if `actual` has all that `expected` names, where an absent value equals a default one."""
    if isinstance(expected, dict):
        if "between" in expected:
            low, high = expected["between"]
            number = as_number(actual)
            fits = number is not None and low <= number <= high
            return None if fits else f"{at}: {actual!r} (expected: {low} to {high})"
        if "matches" in expected:
            fits = isinstance(actual, str) and re.fullmatch(expected["matches"], actual)
            return None if fits else f"{at}: {actual!r} (expected: a match of {expected['matches']})"
        actual_keys = actual if isinstance(actual, dict) else {}
        for key, value in expected.items():
            found = difference(value, actual_keys.get(key), f"{at}.{key}" if at else key)
            if found:
                return found
        return None
    if isinstance(expected, list):
        actual_list = actual or []
        if not isinstance(actual_list, list) or len(actual_list) != len(expected):
            return f"{at}: {actual!r} (expected: {expected!r})"
        for i, (each, other) in enumerate(zip(expected, actual_list)):
            found = difference(each, other, f"{at}[{i}]")
            if found:
                return found
        return None
    same = actual == expected and isinstance(actual, bool) == isinstance(expected, bool)
    if same or (expected in DEFAULTS and actual in DEFAULTS):
        return None
    if isinstance(expected, (int, float)) and not isinstance(expected, bool) and as_number(actual) == expected:
        return None
    return f"{at}: {actual!r} (expected: {expected!r})"


def as_number(value: object) -> float | None:
    """Also of a duration in JSON of protobuf, such as `59.5s`, in seconds, and of an int64, which is text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        duration = DURATION.fullmatch(value)
        try:
            return float(duration[1] if duration else value)
        except ValueError:
            return None
    return None
