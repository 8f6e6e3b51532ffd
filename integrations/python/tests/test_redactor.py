"""The redactor and its streams."""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import SECRET, token

import keepmum
from keepmum._default import _Default

NAMED = "[REDACTED:pw]"


def test_text_and_bytes(redactor: keepmum.Redactor) -> None:
    assert redactor.redact(f"pw {SECRET}!") == f"pw {NAMED}!"
    assert redactor.redact(f"pw {SECRET}!".encode()) == f"pw {NAMED}!".encode()
    assert redactor.redact(bytearray(f"é{SECRET}".encode())) == f"é{NAMED}".encode()  # type: ignore[type-var]
    assert redactor.redact(f"t={token()}").startswith("t=[REDACTED:github-")


@pytest.mark.parametrize("clean", ["", "hello", "é" * 3000, "x" * 100_000, b"", b"\xff\x00", "\ud800 alone"])
def test_what_is_clean_is_given_back_itself(redactor: keepmum.Redactor, clean: str | bytes) -> None:
    assert redactor.redact(clean) is clean


def test_halves_of_surrogate_pairs_stay(redactor: keepmum.Redactor) -> None:
    assert redactor.redact(f"\ud800{SECRET}\udfff") == f"\ud800{NAMED}\udfff"
    stream = redactor.stream()
    assert stream.push(f"\ud800{SECRET}\udfff") + stream.finish() == f"\ud800{NAMED}\udfff"


@pytest.mark.parametrize("wrong", [None, 7, ["x"], object()])
def test_what_is_no_text_is_an_error(redactor: keepmum.Redactor, wrong: object) -> None:
    with pytest.raises(TypeError):
        redactor.redact(wrong)  # type: ignore[type-var]


def test_findings_say_where(redactor: keepmum.Redactor) -> None:
    text = f"é😀 {SECRET} é"
    (found,) = redactor.find(text)
    assert (found.name, found.origin, text[found.start : found.end]) == ("pw", "secret", SECRET)
    (found,) = redactor.find(text.encode())
    assert text.encode()[found.start : found.end] == SECRET.encode()
    assert SECRET not in repr(found)


def test_json_stays_json(redactor: keepmum.Redactor) -> None:
    spelled = SECRET.replace("o", "\\u006f")
    assert redactor.redact_json(f'{{"a": "{spelled}", "n": 1.50}}') == f'{{"a": "{NAMED}", "n": 1.50}}'
    clean = b'{"a": [1, 2, {}]}\n'
    assert redactor.redact_json(clean) is clean


def test_a_stream_is_cut_anywhere(redactor: keepmum.Redactor) -> None:
    draw = random.Random(1)
    for _ in range(300):
        text = "".join(draw.choice([SECRET, SECRET[:9], "é", "😀", "\n", "abc ", '"']) for _ in range(20))
        whole = redactor.redact(text)
        stream, out, rest = redactor.stream(), "", text
        while rest:
            cut = draw.randint(1, 9)
            out, rest = out + stream.push(rest[:cut]), rest[cut:]
        assert out + stream.finish() == whole
        stream_of_bytes, out_bytes, rest_bytes = redactor.stream(bytes), b"", text.encode()
        while rest_bytes:
            cut = draw.randint(1, 9)
            out_bytes, rest_bytes = out_bytes + stream_of_bytes.push(rest_bytes[:cut]), rest_bytes[cut:]
        assert out_bytes + stream_of_bytes.finish() == whole.encode()


def test_a_stream_is_prompt_and_ends(redactor: keepmum.Redactor) -> None:
    with redactor.stream() as stream:
        assert stream.push("Enter a value: ") == "Enter a value: "
        assert stream.push("correct ho") == ""
    with pytest.raises(ValueError):
        stream.push("rse")
    with pytest.raises(ValueError):
        stream.finish()
    with pytest.raises(TypeError):
        redactor.stream(bytes).push("text")  # type: ignore[arg-type]


def test_a_stream_of_json(redactor: keepmum.Redactor) -> None:
    stream = redactor.stream(json=True)
    out = "".join(map(stream.push, f'{{"a": "{SECRET}"}}\nno json\n')) + stream.finish()
    assert out == f'{{"a": "{NAMED}"}}\nno json\n'


def test_files_are_wrapped(redactor: keepmum.Redactor) -> None:
    text, data = io.StringIO(), io.BytesIO()
    with redactor.wrap(text) as file:
        print("pw:", SECRET, file=file, flush=True)  # type: ignore[arg-type]
        file.write("correct")
    assert text.getvalue() == f"pw: {NAMED}\ncorrect"
    with redactor.wrap(data) as binary:
        assert binary.write(SECRET.encode()) == len(SECRET)
    assert data.getvalue() == NAMED.encode()
    with pytest.raises(ValueError):
        binary.write(b"more")


def test_configuration(tmp_path: Path) -> None:
    path = tmp_path / "keepmum.toml"
    (tmp_path / "pin").write_text(SECRET)
    path.write_text("replacement = 'mask'\n[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n")
    redactor = keepmum.Redactor.from_config(path)
    assert redactor.redact(SECRET) == "*" * len(SECRET)
    assert repr(redactor) == f"<keepmum.Redactor {path}>"
    assert keepmum.Redactor(path, replacement="fixed:x").redact(SECRET) == "x"
    github = token()
    assert keepmum.Redactor(path, profile="known-only").redact(github) == github
    assert keepmum.Redactor(path, disable=["github"]).redact(github) == github


def test_errors_name_file_and_line_and_no_value(tmp_path: Path) -> None:
    path = tmp_path / "keepmum.toml"
    path.write_text("\nreplacment = 'mask'\n")
    with pytest.raises(keepmum.ConfigError, match="keepmum.toml:2: unknown key `replacment`, did you mean"):
        keepmum.Redactor(path)
    with pytest.raises(keepmum.ConfigError, match="nowhere.toml"):
        keepmum.Redactor(tmp_path / "nowhere.toml")
    for wrong in ({"profile": "strict"}, {"replacement": "stars"}, {"disable": ["no-such-rule"]}, {"rules": ["nowhere.toml"]}):
        with pytest.raises(keepmum.ConfigError):
            keepmum.Redactor(**wrong)  # type: ignore[arg-type]
    with pytest.raises(keepmum.SourceError):
        keepmum.Redactor.from_toml("[[source]]\nkind = 'file'\nname = 'pin'\npath = '/nowhere/at/all'\n")
    with pytest.raises(keepmum.SecretError, match="`pin`.*shorter than 4 bytes") as error:
        keepmum.Redactor(secrets={"pin": "zq"})
    assert "zq" not in str(error.value)


def test_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keepmum.Redactor().redact(token()).startswith("[REDACTED:github-")
    own = tmp_path / "config" / "keepmum"
    own.mkdir(parents=True)
    (own / "keepmum.toml").write_text("replacement = 'fixed:own'")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own.parent))
    assert keepmum.Redactor().redact(token()) == "own"
    Path("keepmum.toml").write_text("replacement = 'fixed:here'")
    assert keepmum.Redactor().redact(token()) == "here"
    Path("keepmum.toml").write_text("[[source]]\nkind = 'command'\nname = 'x'\nargv = ['true']\nformat = 'value'\n")
    with pytest.raises(keepmum.ConfigError, match="runs a program"):
        keepmum.Redactor()


def test_the_default_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepmum._default._default", _Default())
    assert keepmum.redact(token()).startswith("[REDACTED:github-")
    assert keepmum.default() is keepmum.default()
    assert [found.origin for found in keepmum.find(token())] == ["rule"]
    assert keepmum.redact_json("[1]") == "[1]"


def test_a_default_that_fails_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepmum._default._default", _Default())
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    Path("keepmum.toml").write_text("nope = 1\n")
    with pytest.raises(keepmum.ConfigError, match="nope"):
        keepmum.redact("x")
    Path("keepmum.toml").write_text("")
    with pytest.raises(keepmum.ConfigError, match="nope"):
        keepmum.redact("x")
    now += 30
    assert keepmum.redact("x") == "x"


def test_a_default_that_is_made_while_a_process_is_forked_off() -> None:
    default = _Default()
    default._lock.acquire()
    default.forked()
    assert default.get().redact("x") == "x"


def test_secrets_are_added_and_refused() -> None:
    redactor = keepmum.Redactor.from_toml("")
    stream = redactor.stream()
    redactor.add_secret("new", "new secret value")
    assert redactor.redact("a new secret value") == "a [REDACTED:new]"
    assert stream.push("a new secret value") + stream.finish() == "a [REDACTED:new]"
    for short in ("", "abc", b"password"):
        with pytest.raises(keepmum.SecretError, match="`short`"):
            redactor.add_secret("short", short)


def test_what_rotates_is_followed(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("first value of it")
    path = tmp_path / "keepmum.toml"
    path.write_text("[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n")
    warned: list[str] = []
    redactor = keepmum.Redactor(path, warn=warned.append)
    (tmp_path / "pin").write_text("second value of it")
    redactor.refresh()
    done = threading.Event()
    for _ in range(500):
        if redactor.redact("second value of it") == "[REDACTED:pin]":
            break
        done.wait(0.02)
    assert redactor.redact("first value of it, second value of it") == "[REDACTED:pin], [REDACTED:pin]"
    assert not warned


FALLS = """
import sys, keepmum
from keepmum._keepmum import Exit
# No other thread gets a turn but where it is let have one.
sys.setswitchinterval(1000)
told = []
redactor = keepmum.Redactor(sys.argv[1], warn=told.append)
held = {"stream": redactor.stream, "exit": lambda: Exit(redactor, sys.argv[2], None), "redactor": lambda: None}[sys.argv[3]]()
open(sys.argv[4], "w").close()
redactor.refresh()
# Time for that thread to read, and to wait for its turn.
sum(range(20_000_000))
del redactor, held
print(len(told))
"""


@pytest.mark.parametrize("last", ["stream", "exit", "redactor"])
def test_a_store_that_falls_waits_for_nobody(tmp_path: Path, last: str) -> None:
    (tmp_path / "pin").write_text("first value of it")
    path = tmp_path / "keepmum.toml"
    path.write_text("[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n")
    (tmp_path / "key").write_bytes(b"k" * 32)
    (tmp_path / "key").chmod(0o600)
    command = [sys.executable, "-c", FALLS, path, tmp_path / "key", last, tmp_path / "pin"]
    # The thread that reads the empty file has something to tell, and whoever lets go of it waits for that thread.
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_fields_of_bytes(redactor: keepmum.Redactor) -> None:
    odd = b"\xff\xfe " + SECRET.encode() + b" \xff"
    assert redactor.redact_field("note", odd) == b"\xff\xfe " + NAMED.encode() + b" \xff"
    clean = b"\xff\xfe nothing"
    assert redactor.redact_field("note", clean) is clean
    assert redactor.redact_field("password", b"\xff zebra") == b"[REDACTED:field]"
    assert redactor.redact_field("note", f"\ud800{SECRET}") == f"\ud800{NAMED}"


def test_pickled_as_a_path(tmp_path: Path, redactor: keepmum.Redactor) -> None:
    path = tmp_path / "keepmum.toml"
    path.write_text("replacement = 'fixed:x'")
    data = pickle.dumps(keepmum.Redactor.from_config(path))
    assert pickle.loads(data).redact(token()) == "x"
    assert pickle.loads(pickle.dumps(keepmum.Redactor())).redact("clean") == "clean"
    with pytest.raises(pickle.PicklingError, match="keepmum.toml"):
        pickle.dumps(redactor)


def test_nothing_that_is_printed_holds_a_value(redactor: keepmum.Redactor) -> None:
    for shown in (repr(redactor), str(redactor), repr(redactor.stream()), repr(vars(redactor))):
        assert SECRET not in shown


def test_threads_share_one(redactor: keepmum.Redactor) -> None:
    text = f"line {SECRET}\n" * 2000
    wanted, got = redactor.redact(text), []
    threads = [threading.Thread(target=lambda: got.append(redactor.redact(text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [wanted] * 8


def _in_child(redactor: keepmum.Redactor, folder: Path, pipe: object) -> None:
    redactor.redact("opens its sources again")
    (folder / "pin").write_text("second value of it")
    redactor.refresh()
    wait = threading.Event()
    for _ in range(500):
        if redactor.redact("second value of it") != "second value of it":
            break
        wait.wait(0.02)
    pipe.send(redactor.redact("first value of it, second value of it, a value that was given, a value that was added"))  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_follows_its_sources_too(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("first value of it")
    path = tmp_path / "keepmum.toml"
    path.write_text("[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n")
    redactor = keepmum.Redactor(path, secrets={"given": "a value that was given"})
    redactor.add_secret("added", "a value that was added")
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=_in_child, args=(redactor, tmp_path, sender))
    child.start()
    assert receiver.poll(30) and receiver.recv() == "[REDACTED:pin], [REDACTED:pin], [REDACTED:given], [REDACTED:added]"
    child.join(30)
    assert child.exitcode == 0


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_cannot_open_its_sources_keeps_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(SECRET)
    path = tmp_path / "keepmum.toml"
    path.write_text("[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n")
    warned: list[str] = []
    redactor = keepmum.Redactor(path, warn=warned.append)
    (tmp_path / "pin").unlink()
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        before = len(warned)
        os.write(sender, f"{redactor.redact(SECRET)}|{len(warned) > before}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(receiver, 100) == b"[REDACTED:pin]|True"
