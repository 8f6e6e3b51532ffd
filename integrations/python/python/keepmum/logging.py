"""Records of the standard library's `logging` without secrets.

    >>> import logging, sys
    >>> import keepmum, keepmum.logging
    >>> handler = logging.StreamHandler(sys.stdout)
    >>> redactor = keepmum.Redactor.from_toml("", secrets={"pw": "correct horse"})
    >>> handler.addFilter(keepmum.logging.RedactingFilter(redactor))
    >>> logging.getLogger("app").addHandler(handler)
    >>> logging.getLogger("app").warning("signed in with %s", "correct horse")
    signed in with [REDACTED:pw]

`install()` does it for every handler there is and will be.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from keepmum._default import default
from keepmum._redactor import Redactor
from keepmum._values import redacted

WITHHELD = "[keepmum: record withheld]"

# What every record has. All else was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class RedactingFilter(logging.Filter):
    """Redacts records in place: on a handler for what leaves there, on a logger for what is logged to that very logger.

    Looked through are the message as it is formatted and each of its arguments, the exception with its causes as it is
    printed, the stack, and what was given as `extra`, whose names can tell too (`extra={"password": …}`). A record that is
    clean stays as it is. If there is something in the message or its arguments, the formatted message takes their place; if
    there is something in the exception, its redacted text takes the place of `exc_info`.

    It lets every record pass and raises nothing. A record that it fails on is replaced by `[keepmum: record withheld]`.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Redacts `record`. True, always."""
        try:
            self._redact(record, self._redactor or default())
        except Exception:
            _withhold(record)
        return True

    def _redact(self, record: logging.LogRecord, redactor: Redactor) -> None:
        _message(record, redactor)
        if record.exc_info or record.exc_text:
            _exception(record, redactor)
        if record.stack_info:
            record.stack_info = redactor.redact(record.stack_info)
        attributes = vars(record)
        for name in [name for name in attributes if name not in _OWN]:
            attributes[name] = redacted(redactor, attributes[name], name)


def _message(record: logging.LogRecord, redactor: Redactor) -> None:
    message = record.getMessage()
    new = redactor.redact(message)
    # `%.5s` can cut a secret out of the message; who looks at the arguments would still see it.
    args = redacted(redactor, record.args) if record.args else record.args
    if new is message and args is record.args and (not record.args or _is_clean(redactor, record.msg)):
        return
    record.msg, record.args = new, None
    # Set by a formatter that had the record before.
    if hasattr(record, "message"):
        record.message = new


def _is_clean(redactor: Redactor, msg: object) -> bool:
    text = str(msg)
    return redactor.redact(text) is text


def _exception(record: logging.LogRecord, redactor: Redactor) -> None:
    text = record.exc_text or ""
    if record.exc_info and record.exc_info[0] is not None:
        text = text + "\n" + "".join(traceback.format_exception(*record.exc_info))
    if redactor.redact(text) is text:
        return
    shown = record.exc_text
    if not shown and record.exc_info:
        shown = logging.Formatter().formatException(record.exc_info)
    record.exc_info, record.exc_text = None, redactor.redact(shown or "")


def _withhold(record: logging.LogRecord) -> None:
    record.msg, record.args = WITHHELD, None
    record.exc_info = record.exc_text = record.stack_info = None
    attributes = vars(record)
    for name in attributes:
        if name not in _OWN or name == "message":
            attributes[name] = WITHHELD


_unguarded: Callable[[logging.Logger, logging.LogRecord], None] = logging.Logger.callHandlers


def install(redactor: Redactor | None = None) -> Callable[[], None]:
    """Guards every handler of this process, also those that are added later. Gives a function that takes it back.

    Records are redacted where a logger hands them to its handlers, after its own filters have seen them. A filter on each
    handler would miss handlers that are added later, and a record factory would miss `extra`, which is set when a record has
    been made. What does not come from a logger is not seen: handlers that are called directly, and a logger class of one's own
    that hands over records in another way. Installing it again changes the redactor.
    """
    guard = RedactingFilter(redactor)

    def callHandlers(logger: logging.Logger, record: logging.LogRecord) -> None:
        guard.filter(record)
        _unguarded(logger, record)

    setattr(logging.Logger, "callHandlers", callHandlers)

    def uninstall() -> None:
        current: Any = logging.Logger.callHandlers
        if current is callHandlers:
            setattr(logging.Logger, "callHandlers", _unguarded)

    return uninstall
