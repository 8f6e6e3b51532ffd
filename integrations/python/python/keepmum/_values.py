"""Values of records: whatever people log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keepmum._redactor import Redactor

WITHHELD = "[keepmum: value withheld]"

# Deeper values are withheld; so are the ones that hold themselves.
DEEPEST = 32

# What more than so many values hold is withheld.
MOST = 100_000

# Numbers under this one have too few digits to be looked for.
SMALL = 1000


class Values:
    """Looks through the values of one record. What stands in it more than once is looked through once."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        # What became of containers, by their names too, which can tell. They are kept: another one could get their number.
        self._done: dict[tuple[int, str], tuple[Any, Any]] = {}
        self._left = MOST

    def redacted(self, value: Any, name: str = "", deep: int = 0) -> Any:
        """`value` without secrets: itself if it is clean, however deep it is.

        `name` is that of its field: if it tells what the value is, all of it is hidden, whatever it is. Text, bytes and numbers
        are looked through, and so is what dicts, lists, tuples and sets hold, keys too. Of another object, and of what was made
        of those types, it is looked through what `str` and `repr` say; if there is a secret in it, that text takes its place.
        """
        if value is None or value is True or value is False:
            return value
        self._left -= 1
        if deep > DEEPEST or self._left < 0:
            return WITHHELD
        if name and self.redactor.hides(name):
            return self._hidden(value, name)
        if isinstance(value, (Mapping, list, tuple, set, frozenset)):
            return self._once(value, name, deep)
        new = self._simple(value, name)
        return self._shown(new, name) if new is value else new

    def _hidden(self, value: Any, name: str) -> Any:
        """What stands for a value whose name tells what it is."""
        if isinstance(value, str):
            return self.redactor.redact_field(name, str.__str__(value))
        if isinstance(value, bytes):
            return self.redactor.redact_field(name, value)
        if isinstance(value, (Mapping, list, tuple, set, frozenset)) and not value:
            return value
        return self.redactor.redact_field(name, repr(value))

    def _simple(self, value: Any, name: str) -> Any:
        """Text, bytes and numbers, as what they are beneath what was made of them."""
        if isinstance(value, str):
            text = value if type(value) is str else str.__str__(value)
            new = self._named(name, text)
            return value if new is text or new == text else new
        if isinstance(value, (bytes, bytearray)):
            data = value if type(value) is bytes else bytes(value)
            redacted = self.redactor.redact(data)
            return value if redacted == data else redacted
        if isinstance(value, (int, float)) and not -SMALL < value < SMALL:
            text = repr(value)
            new = self._named(name, text)
            return value if new is text else new
        return value

    def _shown(self, value: Any, name: str = "") -> Any:
        """An object as it shows itself, if there is something in that."""
        if type(value) in _SHOW_WHAT_THEY_HOLD:
            return value
        for say in (str, repr):
            said = say(value)
            new = self._named(name, said)
            if new is not said:
                return new
        return value

    def _named(self, name: str, text: str) -> str:
        return self.redactor.redact_field(name, text) if name else self.redactor.redact(text)

    def _once(self, value: Any, name: str, deep: int) -> Any:
        key = (id(value), name)
        if key not in self._done:
            # What holds itself finds this one.
            self._done[key] = (value, WITHHELD)
            look: Callable[[Any, str, int], Any] = self._mapping if isinstance(value, Mapping) else self._items
            self._done[key] = (value, self._shown(look(value, name, deep)))
        return self._done[key][1]

    def _mapping(self, value: Mapping[Any, Any], name: str, deep: int) -> Any:
        new, changed = {}, False
        for key, item in value.items():
            new_key = self.redacted(key, "", deep + 1)
            new_item = self.redacted(item, _name(new_key), deep + 1)
            changed = changed or new_key is not key or new_item is not item
            new[new_key] = new_item
        return new if changed else value

    def _items(self, value: Any, name: str, deep: int) -> Any:
        new = [self.redacted(item, name, deep + 1) for item in value]
        if all(one is other for one, other in zip(new, value)):
            return value
        if hasattr(value, "_fields"):
            return type(value)(*new)
        for kind in (list, tuple, frozenset):
            if isinstance(value, kind):
                return kind(new)
        return set(new)


# What these say is made of what they hold, which is looked through itself.
_SHOW_WHAT_THEY_HOLD = frozenset({str, bytes, bytearray, int, float, dict, list, tuple, set, frozenset})


def _name(key: Any) -> str:
    """What a key calls its value."""
    if isinstance(key, (bytes, bytearray)):
        return bytes(key).decode("utf-8", "replace")
    return str.__str__(key) if isinstance(key, str) else ""
