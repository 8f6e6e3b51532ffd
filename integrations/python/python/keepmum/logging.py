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
import re
import traceback
from collections.abc import Callable
from typing import Any

from keepmum._default import default
from keepmum._redactor import Redactor
from keepmum._values import Values

WITHHELD = "[keepmum: record withheld]"

# What every record has. All else was given as `extra`, also what later versions of Python set themselves.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

# Of that, what a program can call as it likes.
_CALLED = ("name", "threadName", "processName", "taskName")

# Of that, what tells where in the program.
_WHERE = ("filename", "funcName", "module", "pathname")

# Of the ways to write an argument, those that take numbers alone.
_NUMERIC = re.compile(r"%%|(%(?:\([^)]*\))?[#0\- +]*(?:\d+)?)(?:\.\d+)?[hlL]?[diouxXeEfFgGc]")


class RedactingFilter(logging.Filter):
    """Redacts records in place: on a handler for what leaves there, on a logger for what is logged to that very logger.

    Looked through are the message as it is formatted and each of its arguments, the exception with its causes as it is
    printed, the stack, the names of logger, thread, process and task, and what was given as `extra`, whose names can tell
    too (`extra={"password": …}`). A record that is clean stays as it is. If there is something in the message or its
    arguments, the message takes their place, formatted of what the arguments are then; a message that is a dict stays one. If
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
        values = Values(redactor)
        _message(record, values)
        if record.exc_info or record.exc_text:
            _exception(record, redactor)
        if record.stack_info:
            record.stack_info = redactor.redact(record.stack_info)
        attributes = vars(record)
        for name in (*_CALLED, *_WHERE):
            if isinstance(attributes.get(name), str):
                attributes[name] = redactor.redact(attributes[name])
        for name in [name for name in attributes if name not in _OWN]:
            value, new_name = values.redacted(attributes[name], name), redactor.redact(name)
            if new_name is not name:
                del attributes[name]
            attributes[new_name] = value


def _message(record: logging.LogRecord, values: Values) -> None:
    msg = record.msg if type(record.msg) is str else values.redacted(record.msg)
    # `%.5s` can cut a secret out of the message; who looks at the arguments would still see it.
    args = values.redacted(record.args) if record.args else record.args
    message = _formatted(msg, args)
    new = values.redactor.redact(message)
    if new is message and (not args or _is_clean(values.redactor, msg)):
        if args is record.args:
            record.msg = msg
            return
        if not isinstance(msg, str):
            record.msg, record.args = msg, args
            return
    record.msg, record.args = new, None
    # Set by a formatter that had the record before.
    if hasattr(record, "message"):
        record.message = new


def _formatted(msg: object, args: Any) -> str:
    text = str(msg)
    if not args:
        return text
    try:
        return str(text % args)
    except TypeError:
        # What took the place of a number is text.
        return str(_NUMERIC.sub(lambda found: f"{found[1]}s" if found[1] else "%%", text) % args)


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
        if name not in _OWN or name in (*_CALLED, "message"):
            attributes[name] = WITHHELD


def install(redactor: Redactor | None = None) -> Callable[[], None]:
    """Guards every handler of this process, also those that are added later. Gives a function that takes it back.

    Records are redacted where a logger hands them to its handlers, after its own filters have seen them. A filter on each
    handler would miss handlers that are added later, and a record factory would miss `extra`, which is set when a record has
    been made. What does not come from a logger is not seen: handlers that are called directly, and a logger class of one's own
    that hands over records in another way. Installing it again changes the redactor.
    """
    guard = RedactingFilter(redactor)
    current: Any = logging.Logger.callHandlers
    # What somebody else put there goes on behind the guard.
    unguarded = getattr(current, "_unguarded", current)

    def callHandlers(logger: logging.Logger, record: logging.LogRecord) -> None:
        guard.filter(record)
        unguarded(logger, record)

    setattr(callHandlers, "_unguarded", unguarded)
    setattr(logging.Logger, "callHandlers", callHandlers)

    def uninstall() -> None:
        if logging.Logger.callHandlers is callHandlers:
            setattr(logging.Logger, "callHandlers", unguarded)

    return uninstall
