"""Arrays of Arrow. The law: each value is redacted as if it was alone."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import polars
import pyarrow as pa
import pytest
from conftest import SECRET, token

import keepmum
from keepmum.arrow import redact_array, redact_batch

NAMED = "[REDACTED:pw]"
TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()]


def value(draw: random.Random) -> str | None:
    """Secrets whole, cut, in an encoding, at the beginning and the end; long and short values; nothing."""
    pieces = [
        SECRET, SECRET[:12], SECRET[12:], SECRET.replace(" ", "%20"), SECRET.encode().hex(), "gh" + "p_", token(),
        "password=", "x9Kq2vB7wZtP4mN8", "é", "😀", " ", "\n", "\\u0063", '"', "abc", "-----BEGIN", "token", "x" * 40, "",
    ]  # fmt: skip
    if draw.random() < 0.1:
        return None
    if draw.random() < 0.02:
        return "line " * 5000 + draw.choice(pieces)
    return "".join(draw.choice(pieces) for _ in range(draw.choice([0, 1, 1, 2, 3, 8])))


def values(seed: int, count: int = 400) -> list[str | None]:
    draw = random.Random(seed)
    return [value(draw) for _ in range(count)]


def alone(redactor: keepmum.Redactor, all: list[Any]) -> list[Any]:
    return [one if one is None else redactor.redact(one) for one in all]


def given(texts: list[str | None], kind: pa.DataType) -> list[Any]:
    binary = kind in (pa.binary(), pa.large_binary(), pa.binary_view())
    return [text.encode() if binary and text is not None else text for text in texts]


@pytest.mark.parametrize("kind", TEXTS, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_each_value_as_if_it_was_alone(redactor: keepmum.Redactor, kind: pa.DataType, seed: int) -> None:
    all = given(values(seed), kind)
    array = pa.array(all, kind)
    new = redact_array(array, redactor)
    assert new.type == kind and new.to_pylist() == alone(redactor, all)
    new.validate(full=True)
    assert array.to_pylist() == all
    part = redact_array(array.slice(37, 200), redactor)
    assert part.to_pylist() == alone(redactor, all[37:237])
    redacted_again = redact_array(new, redactor)
    assert redacted_again.to_pylist() == alone(redactor, new.to_pylist())


@pytest.mark.parametrize("toml", ["profile = 'paranoid'", "profile = 'known-only'", "replacement = 'remove'"])
def test_the_law_under_other_configurations(toml: str) -> None:
    redactor = keepmum.Redactor.from_toml(toml, secrets={"pw": SECRET, "short": "zq7x", "long": "y" * 5000})
    all = [text and text.replace("abc", "zq7x") for text in values(9)]
    assert redact_array(pa.array(all), redactor).to_pylist() == alone(redactor, all)


@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_clean_arrays_are_given_back_themselves(redactor: keepmum.Redactor, kind: pa.DataType) -> None:
    for all in ([], [None], [""], ["a", None, "token", "password"], ["line"] * 10_000):
        array = pa.array(given(all, kind), kind)
        assert redact_array(array, redactor) is array


def test_a_secret_is_not_found_across_rows(redactor: keepmum.Redactor) -> None:
    array = pa.array([SECRET[at : at + 7] for at in range(0, len(SECRET), 7)])
    assert redact_array(array, redactor) is array


def test_nested(redactor: keepmum.Redactor) -> None:
    cases: list[tuple[pa.DataType, list[Any], list[Any]]] = [
        (pa.list_(pa.string()), [[SECRET, "a"], None, []], [[NAMED, "a"], None, []]),
        (pa.large_list(pa.large_string()), [[SECRET], None], [[NAMED], None]),
        (pa.list_(pa.string(), 2), [["a", SECRET]], [["a", NAMED]]),
        (pa.struct([("a", pa.string()), ("n", pa.int64())]), [{"a": SECRET, "n": 1}, None], [{"a": NAMED, "n": 1}, None]),
        (pa.map_(pa.string(), pa.list_(pa.string())), [[(SECRET, [SECRET])]], [[(NAMED, [NAMED])]]),
        (pa.dictionary(pa.int8(), pa.string()), ["a", SECRET, "a", None], ["a", NAMED, "a", None]),
        (pa.list_(pa.struct([("deep", pa.list_(pa.binary()))])), [[{"deep": [SECRET.encode()]}]], [[{"deep": [NAMED.encode()]}]]),
    ]
    for kind, all, wanted in cases:
        array = pa.array(all, kind)
        new = redact_array(array, redactor)
        assert new.type == kind and new.to_pylist() == wanted, kind
        new.validate(full=True)
        assert redact_array(array.slice(1), redactor).to_pylist() == wanted[1:], kind
        assert redact_array(array.slice(0, 0), redactor).to_pylist() == []
    ordered = pa.DictionaryArray.from_arrays(pa.array([1, 0]), pa.array(["a", SECRET]), ordered=True)
    new = redact_array(ordered, redactor)
    assert new.type == ordered.type and new.to_pylist() == [NAMED, "a"]
    union = pa.UnionArray.from_dense(pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([SECRET]), pa.array([7])])
    assert redact_array(union, redactor).to_pylist() == [NAMED, 7]
    views = pa.array([[SECRET, "a"], None], pa.list_view(pa.string()))
    assert redact_array(views, redactor).to_pylist() == [[NAMED, "a"], None]
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([SECRET, "a"]))
    assert redact_array(runs, redactor).to_pylist() == [NAMED, NAMED, "a"]


def test_other_types_stay(redactor: keepmum.Redactor) -> None:
    for array in (pa.array([1, None]), pa.array([1.5]), pa.array([True]), pa.nulls(3), pa.array([{"n": 1}])):
        assert redact_array(array, redactor) is array


def test_binary_of_fixed_length_keeps_it(redactor: keepmum.Redactor) -> None:
    length = len(SECRET) + 4
    array = pa.array([b"x" * length, b"ab" + SECRET.encode() + b"cd", None], pa.binary(length))
    stars = b"ab" + b"*" * len(SECRET) + b"cd"
    assert redact_array(array, redactor).to_pylist() == [b"x" * length, stars, None]
    assert redact_array(array[1:], redactor).to_pylist() == [stars, None]


def test_what_lies_under_nulls_is_redacted_too(redactor: keepmum.Redactor) -> None:
    values = pa.array(["a", SECRET])
    hidden = pa.StringArray.from_buffers(2, values.buffers()[1], values.buffers()[2], pa.py_buffer(b"\x01"))
    new = redact_array(hidden, redactor)
    assert new.to_pylist() == ["a", None] and SECRET.encode() not in new.buffers()[2].to_pybytes()


def test_chunks_batches_and_tables(redactor: keepmum.Redactor) -> None:
    clean, dirty = pa.array(["a"]), pa.array([SECRET])
    chunked = pa.chunked_array([clean, dirty])
    new = redact_array(chunked, redactor)
    assert new.to_pylist() == ["a", NAMED] and redact_array(new, redactor) is new
    schema = pa.schema([pa.field("a", pa.string(), metadata={"k": "v"}), ("b", pa.string())], {"m": "n"})
    for batch in (pa.record_batch([dirty, dirty], schema=schema), pa.table([dirty, dirty], schema=schema)):
        both = redact_batch(batch, redactor)
        assert type(both) is type(batch) and both.to_pylist() == [{"a": NAMED, "b": NAMED}]
        assert both.schema.equals(schema, check_metadata=True)
        assert redact_batch(batch, redactor, columns=["b"]).to_pylist() == [{"a": SECRET, "b": NAMED}]
        assert redact_batch(both, redactor) is both
        with pytest.raises(KeyError, match="no column 'c'"):
            redact_batch(batch, redactor, columns=["c"])


def test_extension_types_stay(redactor: keepmum.Redactor) -> None:
    array = pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array([f'"{SECRET}"']))
    new = redact_array(array, redactor)
    assert new.type == array.type and new.storage.to_pylist() == [f'"{NAMED}"']


def test_arrays_of_others(redactor: keepmum.Redactor) -> None:
    array = polars.Series(["a", SECRET]).to_arrow()
    assert polars.Series(redact_array(array, redactor)).to_list() == ["a", NAMED]


def test_a_damaged_array_is_an_error(redactor: keepmum.Redactor) -> None:
    offsets = pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00")
    damaged = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"\xff\xfe"))
    with pytest.raises(keepmum.Error, match="damaged"):
        redact_array(damaged, redactor)


def test_other_threads_have_the_interpreter(redactor: keepmum.Redactor) -> None:
    array = pa.array(["a line of a log with nothing in it " * 4] * 200_000)
    turns, over = 0, threading.Event()

    def count() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        # Between two calls the other thread gets a turn or two, and within one many, if it gets any.
        for _ in range(500):
            before = turns
            redact_array(array, redactor)
            if turns - before > 50:
                return
        pytest.fail("the interpreter was never let go")
    finally:
        over.set()
        thread.join()
