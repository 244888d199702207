"""The server's rule for ids, and an escape for text that breaks it."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

MAX_BYTES = 128
RULE = "1 to 128 bytes of UTF-8; no ':', '{', '}', white space, control or format characters"

# Of Unicode 17, as `client/conformance/ids.json` has them: the runtime's Unicode may be another one, and one text has
# one id in all languages.
_ESCAPED = re.compile(
    "["
    r"\u0000-\u0020\u0025\u003A\u007B\u007D\u007F-\u00A0\u00AD\u0600-\u0605\u061C\u06DD\u070F"
    r"\u0890-\u0891\u08E2\u1680\u180E\u2000-\u200F\u2028-\u202F\u205F-\u2064\u2066-\u206F\u3000\uFEFF"
    r"\uFFF9-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A"
    r"\U000E0001\U000E0020-\U000E007F"
    "]"
)
_FORBIDDEN = re.compile(_ESCAPED.pattern.replace(r"\u0025", ""))  # An id may have '%'.
_MALFORMED = re.compile(r"%(?![0-9A-Fa-f]{2})")


def require_id(text: str) -> str:
    """Returns the id, or raises ValueError if it breaks the rule. The server ends a stream that breaks it."""
    if _FORBIDDEN.search(text) or not 1 <= _size(text) <= MAX_BYTES:
        raise ValueError(f"id: {text[:MAX_BYTES]!r} (expected: {RULE})")
    return text


def escape_id(text: str) -> str:
    """Makes an id of any text, such as an IPv6 address: percent-encodes what an id may not have, and `%`.

    Different texts have different ids. Raises ValueError if the text is empty or the id has more than 128 bytes.
    """
    size = _size(text)
    if size:
        text = _ESCAPED.sub(_encoded, text)
        size = _size(text)
    if not 1 <= size <= MAX_BYTES:
        raise ValueError(f"escaped id: {size} bytes (expected: 1 to {MAX_BYTES}, and no lone surrogate)")
    return text


def unescape_id(id: str) -> str:
    """The inverse of `escape_id`. Raises ValueError if a `%` has no two hexadecimal digits, or for bytes that are not
    UTF-8."""
    if not _MALFORMED.search(id):
        try:
            return unquote_to_bytes(id).decode()
        except UnicodeDecodeError:
            pass
    raise ValueError(f"escaped id: {id[:MAX_BYTES]!r} (expected: a result of escape_id)")


def _encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


def _size(text: str) -> int:
    """In bytes of UTF-8; 0 for text that is not valid Unicode."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return 0
