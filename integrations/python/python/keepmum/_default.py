"""The redactor of whoever makes none."""

from __future__ import annotations

import copy
import os
import threading
import time
from typing import AnyStr

from keepmum._errors import Error
from keepmum._keepmum import Finding
from keepmum._redactor import Late, Redactor

# After a failure to make it, it is tried again no sooner: each record of a log would read every source.
AGAIN = 30.0


class _Default:
    """Made once, by whoever asks first."""

    def __init__(self) -> None:
        self.made: Redactor | None = None
        self._lock = threading.Lock()
        self._maker: int | None = None
        self._failed: tuple[Error, float] | None = None

    def get(self) -> Redactor:
        if self.made is not None:
            return self.made
        if self._maker == threading.get_ident():
            raise Error("the default redactor is being made by whoever asks for it")
        late = Late()
        with self._lock:
            if self.made is None:
                self._make(late)
            made = self.made
        # Told to a log that is guarded, which asks for what has been made by now.
        late.tell()
        assert made is not None
        return made

    def _make(self, late: Late) -> None:
        if self._failed is not None and time.monotonic() < self._failed[1]:
            raise copy.copy(self._failed[0])
        self._maker = threading.get_ident()
        try:
            self.made = Redactor(warn=late)
        except Error as error:
            self._failed = (copy.copy(error), time.monotonic() + AGAIN)
            raise
        finally:
            self._maker = None

    def forked(self) -> None:
        """In the child nobody is there who could unlock it."""
        self._lock = threading.Lock()
        self._maker = None


_default = _Default()
os.register_at_fork(after_in_child=lambda: _default.forked())


def default() -> Redactor:
    """The redactor that functions and filters use if they are given none: `Redactor()`, made when it is first asked for.

    If that fails, the failure is remembered for 30 seconds.
    """
    return _default.get()


def redact(input: AnyStr) -> AnyStr:
    """As `Redactor.redact`, with the default redactor."""
    return default().redact(input)


def redact_json(input: AnyStr) -> AnyStr:
    """As `Redactor.redact_json`, with the default redactor."""
    return default().redact_json(input)


def find(input: str | bytes) -> list[Finding]:
    """As `Redactor.find`, with the default redactor."""
    return default().find(input)
