"""What keepmum costs in Python, beside what others do. One run, in which all take turns.

    cargo bench --features columns --bench column --no-run
    python bench.py [--rust target/release/deps/column-…] [LOG]

LOG is a file of lines; without one they are made. Times are CPU time of this process, and the best of all rounds: what else
the machine does counts less. detect-secrets and llm-guard take part where they are installed.
"""

from __future__ import annotations

import argparse
import gc
import logging
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

import keepmum
import keepmum.arrow
from keepmum.logging import RedactingFilter

ROUNDS = 7
SECRET = "correct horse battery staple"

# A filter as people write them: expressions of the kind that stand in many repositories.
BY_HAND = [
    re.compile(pattern)
    for pattern in (
        r"(?i)(password|passwd|pwd)\s*[=:]\s*\S+",
        r"(?i)(api[_-]?key|apikey)\s*[=:]\s*\S+",
        r"(?i)(secret|token)\s*[=:]\s*\S+",
        r"(?i)authorization:\s*\S+(\s+\S+)?",
        r"(?i)bearer\s+[a-z0-9._~+/-]+=*",
        r"AKIA[0-9A-Z]{16}",
        r"gh[pousr]_[A-Za-z0-9]{36}",
        r"sk-[A-Za-z0-9_-]{20,}",
        r"xox[baprs]-[A-Za-z0-9-]+",
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
    )
]


class ByHand(logging.Filter):
    """Ten expressions over the formatted message."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        for pattern in BY_HAND:
            message = pattern.sub("[REDACTED]", message)
        record.msg, record.args = message, None
        return True


class Nothing(logging.Handler):
    """Formats, and writes nowhere."""

    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


def made(count: int) -> list[str]:
    """Lines of a log; made the same way each time. One in twenty has a word such as token."""
    draw = random.Random(7)
    verbs, paths = ["GET", "POST", "PUT"], ["users", "orders", "health", "carts", "items"] * 4
    paths[0] = "token/refresh"
    return [
        f"2026-11-29T05:{draw.randrange(60):02}:{draw.randrange(60):02}.{draw.randrange(1000):03}Z INFO api::server request done "
        f"method={draw.choice(verbs)} path=/v1/{draw.choice(paths)}/{draw.randrange(10**6)} status={draw.choice([200, 204, 404])} "
        f"duration_ms={draw.randrange(900)} client=10.0.{draw.randrange(256)}.{draw.randrange(256)}"
        for _ in range(count)
    ]


def log_with(filter: logging.Filter | None) -> logging.Logger:
    logger, handler = logging.Logger("bench"), Nothing()
    if filter is not None:
        handler.addFilter(filter)
    logger.addHandler(handler)
    return logger


def over(lines: list[str], look: Callable[[str], object]) -> Callable[[], None]:
    def run() -> None:
        for line in lines:
            look(line)

    return run


class Bench:
    """What takes turns: each with how many operations and bytes one turn is."""

    def __init__(self) -> None:
        self._all: list[tuple[str, Callable[[], object], int, int]] = []
        self._best: dict[str, float] = {}

    def add(self, name: str, run: Callable[[], object], operations: int, bytes: int) -> None:
        self._all.append((name, run, operations, bytes))

    def turn(self) -> None:
        for name, run, _, _ in self._all:
            gc.collect()
            before = time.process_time()
            run()
            took = time.process_time() - before
            self._best[name] = min(took, self._best.get(name, took))

    def show(self) -> None:
        for name, _, operations, bytes in self._all:
            took = self._best[name]
            print(f"{name:52} {took / operations * 1e9:12.0f} ns each {bytes / took / 1e6:9.1f} MB/s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", nargs="?", type=Path)
    parser.add_argument("--rust", help="the built bench `column`")
    given = parser.parse_args()
    lines = given.log.read_text(errors="replace").splitlines() if given.log else made(200_000)
    size = sum(map(len, lines))
    redactor = keepmum.Redactor.from_toml("", secrets={"db-password": SECRET})
    bench = Bench()

    clean = next(line for line in (" ".join(lines[at : at + 3])[:200] for at in range(100)) if not redactor.find(line))
    dirty = clean[:150] + SECRET
    for name, text in (("clean", clean), ("with a secret", dirty)):
        run = over([text] * 50_000, redactor.redact)
        bench.add(f"redact, {len(text)} characters, {name}", run, 50_000, 50_000 * len(text))
    array = pa.array(lines)
    bench.add("redact_array of the log", lambda: keepmum.arrow.redact_array(array, redactor), len(lines), size)
    joined = "\n".join(lines)
    bench.add("redact of the log as one text", lambda: redactor.redact(joined), len(lines), size)
    bench.add("redact of each line", over(lines, redactor.redact), len(lines), size)

    some = lines[:20_000]
    length = sum(map(len, some))
    for name, filter in (("no filter", None), ("ten expressions by hand", ByHand()), ("RedactingFilter", RedactingFilter(redactor))):
        logger = log_with(filter)
        bench.add(f"logging, {name}", over(some, lambda line, logger=logger: logger.info("%s", line)), len(some), length)
    others(bench, some[:500])

    rust: dict[str, float] = {}
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.write(joined)
        file.flush()
        for _ in range(ROUNDS):
            bench.turn()
            if given.rust:
                done = subprocess.run([given.rust, file.name, "1"], capture_output=True, text=True, check=True)
                for name, rate, _ in map(str.split, done.stdout.splitlines()):
                    rust[name] = max(float(rate), rust.get(name, 0.0))
    print(f"{len(lines)} lines, {size} bytes, best of {ROUNDS} rounds, CPU time")
    bench.show()
    for name, rate in rust.items():
        print(f"in Rust, {name:43} {'':20} {rate:9.1f} MB/s")


def forget() -> None:
    """llm-guard sits on detect-secrets and gives it other plugins; which there are it asks once in a process."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class as plugins

    plugins.cache_clear()


def others(bench: Bench, lines: list[str]) -> None:
    """Scanners for secrets that people call from Python, on fewer lines."""
    length = sum(map(len, lines))
    try:
        from detect_secrets.core.scan import scan_line
        from detect_secrets.settings import default_settings
    except ImportError:
        print("detect-secrets is not installed")
    else:

        def scan() -> None:
            forget()
            with default_settings():
                for line in lines:
                    list(scan_line(line))

        bench.add("detect-secrets, scan_line", scan, len(lines), length)
    try:
        from llm_guard.input_scanners import Secrets
        from llm_guard.util import configure_logger
    except ImportError:
        print("llm-guard is not installed")
    else:
        configure_logger("ERROR")
        few, scanner = lines[:10], Secrets()

        def guard() -> None:
            forget()
            for line in few:
                scanner.scan(line)

        bench.add("llm-guard, Secrets.scan", guard, len(few), sum(map(len, few)))


if __name__ == "__main__":
    main()
