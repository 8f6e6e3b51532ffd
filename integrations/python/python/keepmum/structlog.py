"""Events of structlog without secrets.

    structlog.configure(processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        keepmum.structlog.RedactingProcessor(),
        structlog.processors.JSONRenderer(),
    ])
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

from keepmum._default import default
from keepmum._redactor import Redactor
from keepmum._values import Values
from keepmum.logging import WITHHELD, RedactingFilter


class RedactingProcessor:
    """A processor that redacts events. It stands last before the renderer, so that it sees what others added.

    Looked through are the event and all else in the dictionary, keys too; names can tell (`password=…`). An exception that is
    still to be formatted (`exc_info`) is formatted if there is something in it: its text is the key `exception` then.

    It raises nothing. An event that it fails on becomes `[keepmum: record withheld]`, with its level and time.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redactor = redactor
        self._records = RedactingFilter(redactor)

    def __call__(
        self, logger: Any, method_name: str, event_dict: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Redacts `event_dict`, as structlog calls its processors."""
        try:
            return self._redact(event_dict, self._redactor or default())
        except Exception:
            kept = {key: event_dict[key] for key in ("level", "timestamp") if key in event_dict}
            return {**kept, "event": WITHHELD}

    def _redact(
        self, event_dict: MutableMapping[str, Any], redactor: Redactor
    ) -> MutableMapping[str, Any]:
        values = Values(redactor)
        given = event_dict.get("exc_info")
        raised = given is True or isinstance(given, (BaseException, tuple))
        exception = _exception(given, redactor) if raised else None
        if exception is not None:
            del event_dict["exc_info"]
            event_dict["exception"] = exception
        for key in list(event_dict):
            value = event_dict[key]
            if isinstance(value, logging.LogRecord):
                self._records.filter(value)
            elif key != "exc_info" or not raised:
                name = key if isinstance(key, str) and key not in ("event", "exception") else ""
                new, new_key = values.redacted(value, name), values.redacted(key)
                if new_key is not key:
                    del event_dict[key]
                event_dict[new_key] = new
        return event_dict


def _exception(given: Any, redactor: Redactor) -> str | None:
    """The redacted text of an exception; none if there is none or it is clean."""
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    elif given is True:
        given = sys.exc_info()
    if not given or given[0] is None:
        return None
    text = "".join(traceback.format_exception(*given)).rstrip("\n")
    new = redactor.redact(text)
    return None if new is text else new
