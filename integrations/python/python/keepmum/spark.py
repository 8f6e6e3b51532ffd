"""Data frames of Spark without secrets.

    df.mapInArrow(keepmum.spark.redacting("/etc/keepmum.toml", columns=["message"]), df.schema)

`examples/backfill.py` redacts a directory with it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from keepmum._redactor import Redactor
from keepmum.arrow import redact_batch


@functools.cache
def redactor(config: str | None = None) -> Redactor:
    """The redactor of a worker: one for each process and configuration, made where it is first used."""
    return Redactor(config)


def redact_batches(batches: Iterator[Any]) -> Iterator[Any]:
    """For `DataFrame.mapInArrow`: every column, with the configuration that lies at a usual place on the worker."""
    return redacting()(batches)


def redacting(
    config: str | None = None, *, columns: Iterable[str] | None = None
) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function for `DataFrame.mapInArrow` that redacts all columns, or those that are named.

    `config` is a path on the workers. What goes to them is that path, and no secret. A task fails if something goes wrong;
    nothing of its batch comes out then.
    """
    named = None if columns is None else list(columns)

    def redact(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield redact_batch(batch, redactor(config), columns=named)

    return redact
