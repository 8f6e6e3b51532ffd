"""Arrays, batches and tables of Arrow without secrets.

    >>> import pyarrow, keepmum.arrow
    >>> redactor = keepmum.Redactor.from_toml("", secrets={"pw": "correct horse"})
    >>> keepmum.arrow.redact_array(pyarrow.array(["hello", "correct horse", None]), redactor).to_pylist()
    ['hello', '[REDACTED:pw]', None]

Each value is redacted as `Redactor.redact` would redact it: a secret is not found across two rows. Text, binary data of fixed
length too, is looked through wherever it stands: in lists, structures, maps, unions, dictionaries and runs. Numbers and times
stay. Binary data of fixed length keeps it: what is found is filled with asterisks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow

from keepmum._default import default
from keepmum._errors import Error
from keepmum._redactor import Redactor


def redact_array(array: Any, redactor: Redactor | None = None) -> Any:
    """An array of pyarrow, or of anything that speaks its C data interface, without secrets. Chunked ones by chunk.

    A clean array is given back itself, with its buffers; so is a clean slice, whose buffers hold what lies beside it. Other
    threads have the interpreter meanwhile, once it is found undamaged. Raises `Error`; `string` and `binary` hold 2 GiB, also of
    redacted values.
    """
    redactor = redactor or default()
    if isinstance(array, pyarrow.ChunkedArray):
        old = array.chunks
        chunks = [redact_array(chunk, redactor) for chunk in old]
        return array if _same(chunks, old) else pyarrow.chunked_array(chunks, type=array.type)
    if isinstance(array, pyarrow.ExtensionArray):
        stored = array.storage
        storage = redact_array(stored, redactor)
        return array if storage is stored else array.type.wrap_array(storage)
    try:
        new: Any = redactor.redact_array(array)
    except pyarrow.ArrowException:
        # What it says can quote the values.
        raise Error("keepmum cannot look through an array that Arrow finds damaged") from None
    if new is None:
        return array
    kind = getattr(array, "type", None)
    return new if kind is None or new.type == kind else new.cast(kind)


def redact_batch(
    batch: Any, redactor: Redactor | None = None, *, columns: Iterable[str] | None = None
) -> Any:
    """A record batch or a table without secrets: all of its columns, or those that are named. Types and schema stay.

    A clean one is given back itself. Names of columns and metadata are not looked through.
    """
    redactor = redactor or default()
    named = None if columns is None else set(columns)
    if named is not None and (unknown := named - set(batch.schema.names)):
        raise KeyError(f"no column {sorted(unknown)[0]!r}")
    old = [batch.column(at) for at in range(batch.num_columns)]
    new = [
        redact_array(column, redactor) if named is None or name in named else column
        for name, column in zip(batch.schema.names, old)
    ]
    return batch if _same(new, old) else type(batch).from_arrays(new, schema=batch.schema)


def _same(new: list[Any], old: list[Any]) -> bool:
    return all(one is other for one, other in zip(new, old))
