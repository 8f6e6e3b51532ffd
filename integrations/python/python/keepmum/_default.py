"""The redactor of whoever makes none."""

from __future__ import annotations

import threading
from typing import AnyStr

from keepmum._keepmum import Finding
from keepmum._redactor import Redactor

_lock = threading.Lock()
_default: Redactor | None = None


def default() -> Redactor:
    """The redactor that functions and filters use if they are given none: `Redactor()`, made when it is first asked for."""
    global _default
    made = _default
    if made is not None:
        return made
    with _lock:
        if _default is None:
            _default = Redactor()
        return _default


def redact(input: AnyStr) -> AnyStr:
    """As `Redactor.redact`, with the default redactor."""
    return default().redact(input)


def redact_json(input: AnyStr) -> AnyStr:
    """As `Redactor.redact_json`, with the default redactor."""
    return default().redact_json(input)


def find(input: str | bytes) -> list[Finding]:
    """As `Redactor.find`, with the default redactor."""
    return default().find(input)
