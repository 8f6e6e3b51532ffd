"""What a type checker says of programs that use the package. Checked by `tests/run`, and run like any other test."""

from __future__ import annotations

import io
import logging
from typing import assert_type

import httpx
import httpx2

import keepmum
import keepmum.httpx
import keepmum.httpx2
import keepmum.logging


def test_types() -> None:
    redactor = keepmum.Redactor.from_toml("", secrets={"a": "correct horse", "b": b"battery staple"})
    assert_type(redactor.redact("text"), str)
    assert_type(redactor.redact(b"bytes"), bytes)
    assert_type(keepmum.redact_json(b"{}"), bytes)
    assert_type(redactor.find("text"), list[keepmum.Finding])
    assert_type(redactor.stream(), keepmum.Stream[str])
    assert_type(redactor.stream(bytes), keepmum.Stream[bytes])
    assert_type(redactor.stream().push("text"), str)
    assert_type(redactor.wrap(io.BytesIO()), keepmum.Writer[bytes])
    assert_type(redactor.wrap(io.StringIO()), keepmum.Writer[str])
    logging.NullHandler().addFilter(keepmum.logging.RedactingFilter(redactor))
    httpx.Client(transport=keepmum.httpx.Transport(redactor=redactor)).close()
    httpx2.Client(transport=keepmum.httpx2.Transport(redactor=redactor)).close()


def mistaken(redactor: keepmum.Redactor) -> None:
    """Mistakes that are seen: an `ignore` that is not needed is an error."""
    redactor.redact(7)  # type: ignore[type-var]
    redactor.stream(bytes).push("text")  # type: ignore[arg-type]
    redactor.redact("text") + b""  # type: ignore[operator]
    keepmum.Redactor(secret={})  # type: ignore[call-arg]
