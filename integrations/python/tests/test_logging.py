"""Records of `logging`."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import SECRET, token

import keepmum
from keepmum.logging import WITHHELD, RedactingFilter, install

NAMED = "[REDACTED:pw]"
HIDDEN = "[REDACTED:field]"


class Shown:
    """What formats itself with a secret."""

    def __str__(self) -> str:
        return f"shown {SECRET}"


class Pair(NamedTuple):
    first: str
    second: str


class Broken:
    """What cannot be formatted, and says the secret when asked why."""

    def __str__(self) -> str:
        raise ValueError(SECRET)

    __repr__ = __str__


class Log:
    """A logger of its own, with one handler."""

    def __init__(self, redactor: keepmum.Redactor | None, form: str = "%(message)s") -> None:
        self.out = io.StringIO()
        self.records: list[logging.LogRecord] = []
        self.handler = logging.StreamHandler(self.out)
        self.handler.setFormatter(logging.Formatter(form))
        if redactor is not None:
            self.handler.addFilter(RedactingFilter(redactor))
        self.handler.addFilter(lambda record: self.records.append(record) or True)  # type: ignore[func-returns-value]
        self.logger = logging.Logger("app")
        self.logger.addHandler(self.handler)

    @property
    def record(self) -> logging.LogRecord:
        return self.records[-1]


@pytest.fixture
def log(redactor: keepmum.Redactor) -> Log:
    return Log(redactor)


def test_a_clean_record_stays_as_it_is(log: Log) -> None:
    args = ("x", 12345, [1])
    log.logger.info("%s %d %s", *args, extra={"user": {"name": "ann"}})
    assert log.out.getvalue() == "x 12345 [1]\n"
    assert log.record.msg == "%s %d %s" and log.record.args == args
    assert vars(log.record)["user"] == {"name": "ann"}


@pytest.mark.parametrize(
    ("message", "args", "printed"),
    [
        (f"pw {SECRET}", (), f"pw {NAMED}"),
        ("pw %s", (SECRET,), f"pw {NAMED}"),
        ("pw %r", (SECRET,), f"pw '{NAMED}'"),
        ("pw %(pw)s", ({"pw": SECRET},), f"pw {NAMED}"),
        ("pw %s", ([SECRET, 1],), f"pw ['{NAMED}', 1]"),
        ("pw %s", (Shown(),), f"pw shown {NAMED}"),
        ("100%% %s", (SECRET,), f"100% {NAMED}"),
        ("password=%s", ("hunter2-" + "x9Kq2vB7wZ",), "password=[REDACTED:"),
        ("%.7s", (SECRET,), "[REDACT"),
        ("%s", ({"password": "zebra", "name": "ann"},), "{'password': '[REDACTED:field]', 'name': 'ann'}"),
        ("in with %(password)s", ({"password": "zebra"},), "in with [REDACTED:field]"),
        ("50%% %(pin_token)05d of %(n)d", ({"pin_token": 482913, "n": 7},), "50% [REDACTED:field] of 7"),
        ({"password": "zebra", "to": SECRET}, (), "{'password': '[REDACTED:field]', 'to': '[REDACTED:pw]'}"),
        ("%s%s", ("correct horse ", "battery staple"), NAMED),
        (Shown(), (), f"shown {NAMED}"),
    ],
)
def test_message_and_arguments(log: Log, message: Any, args: tuple[Any, ...], printed: str) -> None:
    log.logger.info(message, *args)
    assert log.out.getvalue().startswith(printed)
    shown = repr((log.record.msg, log.record.args))
    assert SECRET not in shown and "hunter2" not in shown and "zebra" not in shown and "482913" not in shown


def test_a_message_that_is_a_dict_stays_one(log: Log) -> None:
    log.logger.info({"event": f"in with {SECRET}", "password": "zebra"})
    assert log.record.msg == {"event": f"in with {NAMED}", "password": HIDDEN}


def test_names_of_threads_processes_tasks_and_loggers(redactor: keepmum.Redactor) -> None:
    log = Log(redactor, "%(name)s %(threadName)s %(processName)s %(taskName)s %(message)s")
    names = {"name": SECRET, "threadName": f"fetch {SECRET}", "processName": SECRET, "taskName": SECRET, "msg": "hi"}
    log.handler.handle(logging.makeLogRecord(names))
    assert log.out.getvalue() == f"{NAMED} fetch {NAMED} {NAMED} {NAMED} hi\n"
    # Later versions set it themselves, and take none from others.
    if sys.version_info < (3, 12):
        log.handler.setFormatter(logging.Formatter("%(message)s %(taskName)s"))
        log.logger.info("hi", extra={"taskName": SECRET})
        assert log.out.getvalue().endswith(f"hi {NAMED}\n")


def test_a_token_is_redacted(log: Log) -> None:
    log.logger.warning("calling with %s", token())
    assert log.out.getvalue() == "calling with [REDACTED:github-pat]\n"


def test_an_exception_with_its_causes(log: Log) -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        log.logger.exception("failed")
    assert SECRET not in log.out.getvalue()
    assert "RuntimeError: outer" in log.out.getvalue() and NAMED in log.out.getvalue()
    assert log.record.exc_info is None and SECRET not in (log.record.exc_text or "")


def test_a_clean_exception_stays(log: Log) -> None:
    try:
        raise KeyError("clean")
    except KeyError:
        log.logger.exception("failed")
    assert log.record.exc_info is not None
    assert log.out.getvalue().count("KeyError: 'clean'") == 1


def test_an_exception_that_another_handler_formatted(redactor: keepmum.Redactor) -> None:
    first, second = Log(None), Log(redactor)
    first.logger.addHandler(second.handler)
    try:
        raise KeyError(SECRET)
    except KeyError:
        first.logger.exception("failed")
    assert SECRET in first.out.getvalue()
    assert SECRET not in second.out.getvalue() and NAMED in second.out.getvalue()


def test_the_stack(log: Log) -> None:
    record = logging.makeLogRecord({"msg": "here", "stack_info": f'Stack:\n  key = "{SECRET}"'})
    log.handler.handle(record)
    assert SECRET not in log.out.getvalue() and NAMED in log.out.getvalue()


def test_extra(redactor: keepmum.Redactor) -> None:
    log = Log(redactor, "%(message)s %(request)s %(pair)s")
    log.logger.info(
        "m",
        extra={
            "request": {"url": "/x", SECRET: [(SECRET, 1), {SECRET}], "password": "zebra", "n": 1.5},
            "pair": Pair("a", SECRET),
            "api_key": "zebra",
            "pin_token": 482913,
            "is_secret": True,
            "shown": Shown(),
            "raw": SECRET.encode(),
        },
    )
    given = vars(log.record)
    assert given["request"] == {"url": "/x", NAMED: [(NAMED, 1), {NAMED}], "password": HIDDEN, "n": 1.5}
    assert given["pair"] == Pair("a", NAMED)
    assert (given["api_key"], given["pin_token"], given["is_secret"]) == (HIDDEN, HIDDEN, True)
    assert (given["shown"], given["raw"]) == (f"shown {NAMED}", NAMED.encode())
    assert SECRET not in log.out.getvalue()


class Text(str):
    def __str__(self) -> str:
        return f"shown {SECRET}"


class Number(int):
    def __repr__(self) -> str:
        return f"shown {SECRET}"


class Table(dict[str, int]):
    def __str__(self) -> str:
        return f"shown {SECRET}"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"ctx": {(SECRET, 1): 1, SECRET.encode(): 2, frozenset({SECRET}): 3}}, {"ctx": {(NAMED, 1): 1, NAMED.encode(): 2, frozenset({NAMED}): 3}}),
        ({"password": b"zebra"}, {"password": HIDDEN.encode()}),
        ({"ctx": {b"password": "zebra"}}, {"ctx": {b"password": HIDDEN}}),
        ({"credentials": {"user": "ann", "value": "zebra"}}, {"credentials": HIDDEN}),
        ({"credentials": [["zebra"]]}, {"credentials": HIDDEN}),
        ({"credentials": {}, "password": None}, {"credentials": {}, "password": None}),
        ({SECRET: 1}, {NAMED: 1}),
        ({"a": Text("clean"), "b": Number(5), "c": Table()}, dict.fromkeys("abc", f"shown {NAMED}")),
        ({"a": Text(SECRET)}, {"a": NAMED}),
        ({"a": {Text("clean"): 1}}, {"a": {f"shown {NAMED}": 1}}),
    ],
)
def test_values_of_every_kind(log: Log, given: dict[str, Any], wanted: dict[str, Any]) -> None:
    log.logger.info("m", extra=given)
    own = vars(logging.makeLogRecord({}))
    new = {name: value for name, value in vars(log.record).items() if name not in own and name != "message"}
    new.pop("taskName", None)
    assert new == wanted and all(type(new[name]) is type(wanted[name]) for name in new)


def test_what_is_held_more_than_once_is_looked_through_once(log: Log) -> None:
    shared: list[Any] = [SECRET]
    for _ in range(30):
        shared = [shared, shared]
    log.logger.info("m", extra={"shared": shared})
    new = vars(log.record)["shared"]
    assert new[0] is new[1]
    for _ in range(30):
        new = new[1]
    assert new == [NAMED]
    many = [SECRET] * 200_000
    log.logger.info("m", extra={"many": many})
    assert set(vars(log.record)["many"]) == {NAMED, "[keepmum: value withheld]"}


def test_values_that_hold_themselves_end(log: Log) -> None:
    ring: list[Any] = [SECRET]
    ring.append(ring)
    log.logger.info("m", extra={"ring": ring})
    assert SECRET not in repr(vars(log.record)["ring"])


@pytest.mark.parametrize("how", ["argument", "extra", "format", "message"])
def test_what_cannot_be_formatted_is_withheld(
    log: Log, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if how == "argument":
        log.logger.info("%s", Broken())
    elif how == "extra":
        log.logger.info("m", extra={"broken": Broken()})
    elif how == "format":
        log.logger.info("%d %s", SECRET)
    else:
        log.logger.info(Broken(), extra={"user": SECRET})
    assert log.out.getvalue() == WITHHELD + "\n"
    assert SECRET not in repr(vars(log.record)) and SECRET not in capsys.readouterr().err


def test_a_redactor_that_fails_withholds(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def redact(self, text: str) -> str:
            raise keepmum.InternalError("inside")

    log = Log(Failing())  # type: ignore[arg-type]
    try:
        raise KeyError(SECRET)
    except KeyError:
        log.logger.exception("%s", SECRET, extra={"user": SECRET}, stack_info=True)
    assert log.out.getvalue() == WITHHELD + "\n"
    assert SECRET not in repr(vars(log.record))


def test_on_a_logger(redactor: keepmum.Redactor) -> None:
    log = Log(None)
    log.logger.addFilter(RedactingFilter(redactor))
    log.logger.info(SECRET)
    assert log.out.getvalue() == NAMED + "\n"


@pytest.fixture
def uninstalled() -> Iterator[None]:
    before = logging.Logger.callHandlers
    yield
    setattr(logging.Logger, "callHandlers", before)


def test_install_guards_handlers_that_come_later(redactor: keepmum.Redactor, uninstalled: None) -> None:
    before = logging.Logger.callHandlers
    uninstall = install(redactor)
    log = Log(None)
    log.logger.info(SECRET, extra={"token": "zebra"})
    assert log.out.getvalue() == NAMED + "\n" and vars(log.record)["token"] == HIDDEN
    again = install(keepmum.Redactor.from_toml("replacement = 'fixed:x'", secrets={"pw": SECRET}))
    uninstall()
    log.logger.info(SECRET)
    assert log.out.getvalue().endswith("\nx\n")
    again()
    assert logging.Logger.callHandlers is before
    log.logger.info(SECRET)
    assert SECRET in log.out.getvalue()


def test_install_goes_on_with_what_others_put_there(redactor: keepmum.Redactor, uninstalled: None) -> None:
    before, seen = logging.Logger.callHandlers, []

    def theirs(logger: logging.Logger, record: logging.LogRecord) -> None:
        seen.append(record.getMessage())
        before(logger, record)

    setattr(logging.Logger, "callHandlers", theirs)
    uninstall, again = install(redactor), install(redactor)
    Log(None).logger.info(SECRET)
    assert seen == [NAMED]
    uninstall()
    again()
    assert logging.Logger.callHandlers is theirs


FIRST = """
import faulthandler, logging, sys, threading
faulthandler.dump_traceback_later(60, exit=True)
from keepmum.logging import RedactingFilter
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
logging.getLogger().handlers[0].addFilter(RedactingFilter())
logging.info("first")
logging.info("it was {}".format(open("value").read()))
"""


def test_the_first_line_of_a_log_makes_the_default(tmp_path: Path) -> None:
    # Its warning about a value that is too short is a line of the same log.
    (tmp_path / "keepmum.toml").write_text("env-file = ['.env']\n")
    (tmp_path / ".env").write_text(f"PIN=x\nPW='{SECRET}'\n")
    (tmp_path / "value").write_text(SECRET)
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    first, *others = done.stdout.splitlines()
    assert any("PIN" in line for line in (first, *others)), done
    assert "first" in done.stdout and "it was [REDACTED:PW]" in others and SECRET not in done.stdout


def test_json_formatters_see_nothing(redactor: keepmum.Redactor) -> None:
    class Json(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return json.dumps({key: str(value) for key, value in vars(record).items()})

    log = Log(redactor)
    log.handler.setFormatter(Json())
    try:
        raise KeyError(SECRET)
    except KeyError:
        log.logger.exception("%s", SECRET, extra={"deep": {"er": [SECRET]}})
    assert SECRET not in log.out.getvalue()
