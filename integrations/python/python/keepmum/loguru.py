"""Messages of loguru without secrets.

    logger.remove()
    logger.add(keepmum.loguru.Sink(sys.stderr))
    logger.configure(patcher=keepmum.loguru.patcher())

The patcher redacts records before any sink has them; the sink redacts what is written, also the values of variables that
loguru shows beside tracebacks. Use both, or the sink.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from keepmum._default import default
from keepmum._redactor import Redactor
from keepmum._values import WITHHELD as VALUE_WITHHELD
from keepmum._values import Values
from keepmum.logging import WITHHELD


# What stands beside a traceback, cut, behind its `└` or `->`; colours may follow. In JSON the end of a line is escaped.
_COLOUR = r"(?:(?:\x1b|\\u001b)\[[0-9;]*m)*"
_CUT = re.compile(rf"((?:└|->) {_COLOUR})(?:(?!\\n|\n).)*?\.\.\.(?={_COLOUR}(?:\\n|\n|\"|$))")


class _File(Protocol):
    def write(self, text: str, /) -> object: ...


def patcher(redactor: Redactor | None = None) -> Callable[[Any], None]:
    """A patcher that redacts message, `extra`, exception and names of records. It is one of `logger.configure`: what
    `logger.patch` adds comes later, and the sink alone sees it.

    An exception with something in it is taken out of the record, and its redacted text is appended to the message. It raises
    nothing; a record that it fails on becomes `[keepmum: record withheld]`.
    """

    def patch(record: Any) -> None:
        try:
            _redact(record, redactor or default())
        except Exception:
            record.update(message=WITHHELD, exception=None, extra={})
            record["thread"].name = record["process"].name = WITHHELD

    return patch


def _redact(record: Any, redactor: Redactor) -> None:
    message = redactor.redact(record["message"])
    given = record["exception"]
    if given is not None and given.type is not None:
        text = "".join(traceback.format_exception(given.type, given.value, given.traceback))
        new = redactor.redact(text)
        if new is not text:
            record["exception"] = None
            message = f"{message}\n{new.rstrip()}"
    record["message"] = message
    record["extra"] = Values(redactor).redacted(record["extra"])
    for name in ("name", "function", "module"):
        if isinstance(record[name], str):
            record[name] = redactor.redact(record[name])
    # Made anew for each record.
    for named in (record["thread"], record["process"], record["file"]):
        named.name = redactor.redact(named.name)


class Sink:
    """A sink for `logger.add` that redacts each message as it is written, and hands it on to `target`: a file, or a function.

    Values beside tracebacks that loguru cuts to fit are withheld: what is left of a secret cannot be told from other text.

    With `json`, messages are the JSON that `serialize=True` makes. It raises nothing of its own; a message that it fails on
    becomes `[keepmum: record withheld]`.
    """

    def __init__(
        self,
        target: _File | Callable[[str], object],
        redactor: Redactor | None = None,
        *,
        json: bool = False,
    ) -> None:
        self._redactor = redactor
        self._json = json
        self._target = target
        self._write = target if callable(target) else target.write

    def write(self, message: str) -> None:
        """Redacts `message` and hands it on."""
        try:
            redactor = self._redactor or default()
            text = str(message)
            if getattr(message, "record", {}).get("exception"):
                text = _CUT.sub(rf"\1{VALUE_WITHHELD}", text)
            new = redactor.redact_json(text) if self._json else redactor.redact(text)
        except Exception:
            new = WITHHELD + "\n"
        self._write(new)

    def flush(self) -> None:
        """Flushes the file behind."""
        flush = getattr(self._target, "flush", None)
        if flush is not None:
            flush()
