"""Messages of loguru."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator

import pytest
from conftest import SECRET
from loguru import logger

import keepmum
from keepmum.logging import WITHHELD
from keepmum.loguru import Sink, patcher

NAMED = "[REDACTED:pw]"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    logger.remove()
    yield
    logger.remove()
    logger.configure(patcher=lambda record: None, extra={})


def failing() -> None:
    value = SECRET
    raise KeyError(value)


@pytest.mark.parametrize("serialize", [False, True])
def test_the_patcher(redactor: keepmum.Redactor, serialize: bool) -> None:
    out = io.StringIO()
    logger.add(out, format="{message} {extra}", serialize=serialize, diagnose=True)
    logger.configure(patcher=patcher(redactor))
    logger.bind(user="ann", password="zebra", deep=[SECRET]).info("in with {}", SECRET)
    try:
        failing()
    except KeyError:
        logger.exception("failed")
    assert SECRET not in out.getvalue() and "zebra" not in out.getvalue()
    assert "ann" in out.getvalue() and f"in with {NAMED}" in out.getvalue()
    assert "KeyError" in out.getvalue()
    if serialize:
        assert all(json.loads(line) for line in out.getvalue().splitlines())


def test_the_sink_sees_what_is_shown_beside_tracebacks(redactor: keepmum.Redactor) -> None:
    out = io.StringIO()
    logger.add(Sink(out, redactor), format="{message}", diagnose=True, backtrace=True)
    try:
        failing()
    except KeyError:
        logger.exception("failed")
    assert SECRET not in out.getvalue() and NAMED in out.getvalue() and "failing" in out.getvalue()


@pytest.mark.parametrize("options", [{}, {"serialize": True}, {"colorize": True}], ids=str)
def test_values_that_are_cut_are_withheld(redactor: keepmum.Redactor, options: dict[str, bool]) -> None:
    def cut() -> None:
        given, other = "x" * 110 + SECRET, "whole"
        raise KeyError(len(given), other)

    out = io.StringIO()
    logger.add(Sink(out, redactor, json="serialize" in options), format="{message}", diagnose=True, **options)  # type: ignore[arg-type]
    try:
        cut()
    except KeyError:
        logger.exception("failed")
    assert "[keepmum: value withheld]" in out.getvalue() and "'whole'" in out.getvalue()
    assert SECRET[:9] not in out.getvalue()


def test_names_of_threads(redactor: keepmum.Redactor) -> None:
    out = io.StringIO()
    logger.add(out, format="{thread.name} {message}")
    logger.configure(patcher=patcher(redactor))
    thread = threading.Thread(target=lambda: logger.info("hi"), name=f"fetch {SECRET}")
    thread.start()
    thread.join()
    assert out.getvalue() == f"fetch {NAMED} hi\n"


def test_the_sink_of_json(redactor: keepmum.Redactor) -> None:
    lines: list[str] = []
    logger.add(Sink(lines.append, redactor, json=True), serialize=True)
    logger.info(f'"quoted" {SECRET}')
    assert json.loads(lines[0])["record"]["message"] == f'"quoted" {NAMED}'


def test_failures_withhold() -> None:
    class Failing:
        def redact(self, text: str) -> str:
            raise keepmum.InternalError("inside")

    out = io.StringIO()
    logger.add(Sink(out, Failing()), format="{message}")  # type: ignore[arg-type]
    logger.info(SECRET)
    assert out.getvalue() == WITHHELD + "\n"
    logger.remove()
    logger.add(out, format="{message} {extra}")
    logger.configure(patcher=patcher(Failing()))  # type: ignore[arg-type]
    logger.bind(user=SECRET).info(SECRET)
    assert SECRET not in out.getvalue()
