"""Keeps codes, tokens and payloads out of what a message prints."""

from __future__ import annotations

from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

_MARK = "[REDACTED]"


def redact_all(names: dict[str, Any]) -> None:
    """Makes `str` and `repr` of each message class hide the fields with `debug_redact`, also in nested messages.

    `google.protobuf.text_format` and `json_format` print them nevertheless.
    """
    for kind in names.values():
        descriptor = getattr(kind, "DESCRIPTOR", None)
        if isinstance(descriptor, Descriptor) and _has_secret(descriptor, set()):
            try:
                kind.__str__ = kind.__repr__ = _text
            except (AttributeError, TypeError):
                pass  # An implementation of protobuf whose classes cannot be changed.


def _text(message: Message) -> str:
    copy = type(message)()
    copy.CopyFrom(message)
    _hide(copy)
    return text_format.MessageToString(copy)


def _hide(message: Message) -> None:
    for field, value in message.ListFields():
        if field.GetOptions().debug_redact:
            message.ClearField(field.name)
            if field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES) and not field.is_repeated:
                setattr(message, field.name, _MARK if field.type == FieldDescriptor.TYPE_STRING else _MARK.encode())
        elif field.message_type is not None:
            for part in value if field.is_repeated else [value]:
                _hide(part)


def _has_secret(descriptor: Descriptor, seen: set[str]) -> bool:
    if descriptor.full_name in seen:
        return False
    seen.add(descriptor.full_name)
    return any(
        field.GetOptions().debug_redact or (field.message_type is not None and _has_secret(field.message_type, seen))
        for field in descriptor.fields
    )
