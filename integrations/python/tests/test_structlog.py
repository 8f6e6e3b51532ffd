"""Events of structlog."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import structlog
from conftest import SECRET

import keepmum
from keepmum.logging import WITHHELD, RedactingFilter
from keepmum.structlog import RedactingProcessor

NAMED = "[REDACTED:pw]"


def logged(redactor: keepmum.Redactor, *renderers: Any) -> tuple[Any, list[str]]:
    out: list[str] = []

    class Lines:
        def msg(self, line: str) -> None:
            out.append(line)

        info = error = warning = msg

    processors = [structlog.processors.add_log_level, RedactingProcessor(redactor), *renderers]
    return structlog.wrap_logger(Lines(), processors=processors), out


def test_events(redactor: keepmum.Redactor) -> None:
    log, out = logged(redactor, structlog.processors.JSONRenderer())
    log.bind(user="ann").info(f"in with {SECRET}", password="zebra", deep={"a": [SECRET]}, n=7, **{SECRET: 1})
    assert json.loads(out[0]) == {
        "event": f"in with {NAMED}", "user": "ann", "level": "info", "n": 7,
        "password": "[REDACTED:field]", "deep": {"a": [NAMED]}, NAMED: 1,
    }  # fmt: skip


def test_exceptions(redactor: keepmum.Redactor) -> None:
    log, out = logged(redactor, structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    for how in (True, None, KeyError(SECRET)):
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            log.error("failed", exc_info=error if how is None else how)
    assert all(SECRET not in line and NAMED in json.loads(line)["exception"] for line in out)
    try:
        raise KeyError("clean")
    except KeyError:
        log.error("failed", exc_info=True)
    assert "KeyError: 'clean'" in json.loads(out[-1])["exception"]


def test_other_keys_and_what_is_no_exception(redactor: keepmum.Redactor) -> None:
    event: dict[Any, Any] = {"event": "e", "exc_info": f"text {SECRET}", b"password": 1, (SECRET,): SECRET}
    new = RedactingProcessor(redactor)(None, "info", event)
    assert new == {"event": "e", "exc_info": f"text {NAMED}", b"password": 1, (NAMED,): NAMED}


def test_events_that_logging_formats(redactor: keepmum.Redactor) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    renderers = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=renderers))
    handler.addFilter(RedactingFilter(redactor))
    logger = logging.Logger("app")
    logger.addHandler(handler)
    processors = [structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    log = structlog.wrap_logger(logger, processors=processors, wrapper_class=structlog.stdlib.BoundLogger)
    log.warning(f"in with {SECRET}", password="zebra", n=7)
    assert json.loads(out.getvalue()) == {"event": f"in with {NAMED}", "password": "[REDACTED:field]", "n": 7}


def test_failures_withhold(redactor: keepmum.Redactor) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError(SECRET)

        __repr__ = __str__

    log, out = logged(redactor, structlog.processors.JSONRenderer())
    log.info(SECRET, broken=Broken())
    assert json.loads(out[0]) == {"event": WITHHELD, "level": "info"}


def test_records_of_logging(redactor: keepmum.Redactor) -> None:
    record = logging.makeLogRecord({"msg": "%s", "args": (SECRET,)})
    new = RedactingProcessor(redactor)(None, "info", {"event": "e", "_record": record})
    assert new["_record"].getMessage() == NAMED
