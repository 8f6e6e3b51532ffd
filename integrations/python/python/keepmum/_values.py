"""Values of records: whatever people log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keepmum._redactor import Redactor

WITHHELD = "[keepmum: value withheld]"

# Deeper values are withheld; so are the ones that hold themselves.
DEEPEST = 32

# Numbers under this one have too few digits to be looked for.
SMALL = 1000


def redacted(redactor: Redactor, value: Any, name: str = "", deep: int = 0) -> Any:
    """`value` without secrets: itself if it is clean, however deep it is.

    `name` is that of its field, which can tell what the value is. Text, bytes and numbers are looked through, and so is what
    dicts, lists, tuples and sets hold, keys too. Of another object it is looked through what `str` and `repr` say; if there
    is a secret in it, that text takes its place.
    """
    if isinstance(value, str):
        return redactor.redact_field(name, value) if name else redactor.redact(value)
    if value is None or isinstance(value, bool):
        return value
    if deep > DEEPEST:
        return WITHHELD
    if isinstance(value, (int, float)):
        return _number(redactor, value, name)
    if isinstance(value, (bytes, bytearray)):
        return redactor.redact(bytes(value)) if isinstance(value, bytearray) else redactor.redact(value)
    if isinstance(value, Mapping):
        return _mapping(redactor, value, deep)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _items(redactor, value, name, deep)
    return _other(redactor, value, name)


def _number(redactor: Redactor, value: float, name: str) -> Any:
    if -SMALL < value < SMALL and not redactor.hides(name):
        return value
    text = repr(value)
    new = redactor.redact_field(name, text)
    return value if new is text else new


def _mapping(redactor: Redactor, value: Mapping[Any, Any], deep: int) -> Any:
    new, changed = {}, False
    for key, item in value.items():
        new_key = redactor.redact(key) if isinstance(key, str) else key
        new_item = redacted(redactor, item, new_key if isinstance(new_key, str) else "", deep + 1)
        changed = changed or new_key is not key or new_item is not item
        new[new_key] = new_item
    return new if changed else value


def _items(redactor: Redactor, value: Any, name: str, deep: int) -> Any:
    new = [redacted(redactor, item, name, deep + 1) for item in value]
    if all(one is other for one, other in zip(new, value)):
        return value
    if hasattr(value, "_fields"):
        return type(value)(*new)
    for kind in (list, tuple, frozenset):
        if isinstance(value, kind):
            return kind(new)
    return set(new)


def _other(redactor: Redactor, value: Any, name: str) -> Any:
    said, shown = str(value), repr(value)
    new = redactor.redact_field(name, said) if name else redactor.redact(said)
    if new is said and redactor.redact(shown) is shown:
        return value
    return new if new is not said else redactor.redact(shown)
