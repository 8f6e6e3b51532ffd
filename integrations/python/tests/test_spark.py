"""A directory redacted by a local Spark."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import lzma
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import SECRET

import keepmum
import keepmum.arrow

EXAMPLE = Path(__file__).parents[1] / "examples" / "backfill.py"
NAMED = "[REDACTED:PW]"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "keepmum.toml"
    path.write_text("env-file = ['secrets.env']\n")
    (tmp_path / "secrets.env").write_text(f"PW='{SECRET}'\nKEY='{KEY}'\n")
    return path


KEY = "\n".join(f"line {number} of a long key" for number in range(4))


def backfill(*arguments: object) -> None:
    environment = {
        **os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1 pyspark-shell",
    }  # fmt: skip
    command = [sys.executable, EXAMPLE, *arguments]
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert SECRET not in done.stdout + done.stderr


def test_parquet(tmp_path: Path, config: Path) -> None:
    source, target = tmp_path / "raw", tmp_path / "redacted"
    schema = pa.schema([
        ("message", pa.string()), ("n", pa.int64()), ("raw", pa.binary()),
        ("tags", pa.list_(pa.string())), ("who", pa.struct([("name", pa.string())])), ("more", pa.map_(pa.string(), pa.string())),
    ])  # fmt: skip

    def row(day: int, n: int) -> dict[str, object]:
        secret = SECRET if n % 3 == 0 else "clean"
        return {
            "message": f"day {day}: {secret}", "n": n, "raw": secret.encode(), "tags": [secret, None],
            "who": {"name": secret}, "more": [("pw", secret)],
        }  # fmt: skip

    for day in (1, 2):
        folder = source / f"day=0{day}" / "hour=7"
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([row(day, n) for n in range(200)], schema), folder / "part.parquet")
    backfill("--config", config, source, target)
    redactor = keepmum.Redactor(config)
    for day in (1, 2):
        folder = target / f"day=0{day}" / "hour=7"
        new = pa.concat_tables(pq.read_table(path) for path in folder.glob("*.parquet")).sort_by("n")
        wanted = keepmum.arrow.redact_batch(pa.Table.from_pylist([row(day, n) for n in range(200)], schema), redactor)
        assert new.column_names == schema.names and new.to_pylist() == wanted.to_pylist()
        assert f"day {day}: {NAMED}" == new["message"][0].as_py()
    assert not any(SECRET.encode() in path.read_bytes() for path in target.rglob("*") if path.is_file())


def test_what_is_compressed_is_known_by_its_beginning(tmp_path: Path, config: Path) -> None:
    spec = importlib.util.spec_from_file_location("backfill", EXAMPLE)
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    line = f"one {SECRET}\n".encode()
    made = {
        "a": gzip.compress(line), "b.log": bz2.compress(line), "c.gz": line, "d": pa.compress(line, "zstd", asbytes=True), "e.br": b"",
    }  # fmt: skip
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
        example.redact_file(f"file://{tmp_path}/{name}", f"file://{tmp_path}/new/{name}", str(config))
    new = {name: (tmp_path / "new" / name).read_bytes() for name in made}
    wanted = line.replace(SECRET.encode(), NAMED.encode())
    assert gzip.decompress(new["a"]) == bz2.decompress(new["b.log"]) == new["c.gz"] == wanted and new["e.br"] == b""
    with pa.CompressedInputStream(pa.BufferReader(new["d"]), "zstd") as file:
        assert file.read() == wanted
    tables = {"t": b"PAR1" + line, "u": lzma.compress(line), "v.br": b"\x0b" + line, "w.gz": gzip.compress(gzip.compress(line))}
    for name, data in {**tables, "x.gz": gzip.compress(lzma.compress(line)), "y": b"PK\x03\x04" + line}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"/{name.partition('.')[0]}[.:]"):
            example.redact_file(f"file://{tmp_path}/{name}", f"file://{tmp_path}/new/{name}", str(config))
        assert not (tmp_path / "new" / name).exists()


def test_text(tmp_path: Path, config: Path) -> None:
    source, target = tmp_path / "raw", tmp_path / "redacted"
    (source / "day=1").mkdir(parents=True)
    odd = f"one {SECRET}\r\n\r\n{KEY}\nno line end {SECRET}".encode() + b"\xff\x00"
    (source / "app.log").write_bytes(odd)
    (source / "day=1" / "app.log.gz").write_bytes(gzip.compress(odd * 100))
    (source / "empty.log").write_bytes(b"")
    backfill("--config", config, "--text", source, target)
    wanted = keepmum.Redactor(config).redact(odd)
    assert (target / "app.log").read_bytes() == wanted and b"[REDACTED:KEY]" in wanted
    assert gzip.decompress((target / "day=1" / "app.log.gz").read_bytes()) == keepmum.Redactor(config).redact(odd * 100)
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()) == [
        "app.log", "day=1/app.log.gz", "empty.log",
    ]  # fmt: skip
