"""Redacts a directory of Parquet or text on a cluster: a copy with the same columns, files in the same partitions.

    spark-submit backfill.py --config /etc/keepmum.toml s3a://logs/raw s3a://logs/redacted
    spark-submit backfill.py --config /etc/keepmum.toml --text /mnt/logs/raw /mnt/logs/redacted

Parquet goes through `mapInArrow`, each value as an input of its own. Text goes file by file through a stream, so that a key
over many lines is found and every other byte stays; file names stay too. What gzip, bzip2, zstd and lz4 made is known by its first
bytes, and read and written compressed; other compressed files, and files of tables, cannot be looked into and fail the run. Every worker needs keepmum, pyarrow and the file that `--config` names; no secret travels.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.fs
from pyspark.sql import DataFrame, SparkSession

import keepmum.spark

PIECE = 1 << 20

# How files begin that hold other bytes than they show, and what reads them, where something does.
MAGIC: dict[bytes, str | None] = {
    b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\x00": None, b"\xff\x06\x00\x00sNaPpY": None, b"PK\x03\x04": None, b"7z\xbc\xaf\x27\x1c": None,
    b"LZIP": None, b"\x1f\x9d": None, b"\x89LZO": None, b"\x5d\x00\x00": None, b"PAR1": None, b"ORC": None, b"Obj\x01": None,
}  # fmt: skip

# Names of what has no such beginning.
UNREAD = (".br", ".deflate", ".lzma", ".lzo", ".snappy", ".sz", ".z")


def partitions(frame: DataFrame) -> list[str]:
    """The columns that stand in the names of folders: `day=1/hour=2/part-0.parquet`."""
    paths = (PurePosixPath(path).parts[:-1] for path in frame.inputFiles()[:1])
    named = [part.partition("=")[0] for parts in paths for part in parts if "=" in part]
    return [name for name in named if name in frame.columns]


def parquet(spark: SparkSession, source: str, target: str, config: str | None) -> None:
    """Redacts files of Parquet. Values of partitions stay as they are written."""
    spark.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    frame = spark.read.parquet(source)
    redacted = frame.mapInArrow(keepmum.spark.redacting(config), frame.schema)
    # Refuses a target that is there.
    redacted.write.partitionBy(*partitions(frame)).parquet(target, mode="error")


def text(spark: SparkSession, source: str, target: str, config: str | None) -> int:
    """Redacts files of text, each in one task. Gives how many."""
    files = listed(source)
    frame = spark.createDataFrame([(name,) for name in files], "name string")
    copy = copying(source, target, config)
    return frame.repartition(max(1, len(files))).mapInArrow(copy, "name string").count()


def listed(source: str) -> list[str]:
    """The files in a directory, however deep, by their names from there; hidden ones are those of Spark."""
    system, root = pyarrow.fs.FileSystem.from_uri(source)
    found = system.get_file_info(pyarrow.fs.FileSelector(root, recursive=True))
    names = [info.path[len(root) :].lstrip("/") for info in found if info.is_file]
    return [name for name in names if not PurePosixPath(name).name.startswith(("_", "."))]


def copying(source: str, target: str, config: str | None) -> Any:
    """A function for `mapInArrow` that copies the files that it gets the names of."""

    def copy(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for name in batch.column("name").to_pylist():
                redact_file(f"{source}/{name}", f"{target}/{name}", config)
            yield batch

    return copy


def redact_file(source: str, target: str, config: str | None) -> None:
    """Copies a file. Until all of it is redacted it has another name."""
    (read, source), (write, target) = map(pyarrow.fs.FileSystem.from_uri, (source, target))
    folder, _, name = target.rpartition("/")
    hidden = f"{folder}/_redacting.{name}"
    write.create_dir(folder)
    stream = keepmum.spark.redactor(config).stream(bytes)
    kind = compression(read, source)
    with read.open_input_stream(source, compression=kind) as lines, write.open_output_stream(hidden, compression=kind) as out:
        while piece := lines.read(PIECE):
            out.write(stream.push(piece))
        out.write(stream.finish())
    write.move(hidden, target)


def compression(system: pyarrow.fs.FileSystem, path: str) -> str | None:
    """What reads a file; none for one that shows what it holds. Raises `ValueError` for one that nothing here reads."""
    with system.open_input_stream(path, compression=None) as file:
        kind = codec(path, file.read(16))
    if kind is not None:
        with system.open_input_stream(path, compression=kind) as file:
            if codec(path.lower().rpartition(".")[0], file.read(16)) is not None:
                raise ValueError(f"{path}: compressed more than once, which is not looked into")
    return kind


def codec(path: str, head: bytes) -> str | None:
    """The same, by its name and its first bytes."""
    known = [kind for magic, kind in MAGIC.items() if head.startswith(magic)]
    if None in known or (not known and head and path.lower().endswith(UNREAD)):
        raise ValueError(f"{path}: compressed, or a table, in a way that is not looked into")
    return known[0] if known else None


def main() -> None:
    """Reads the arguments and does it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="a directory that Spark can read")
    parser.add_argument("target", help="a directory that is not there yet")
    parser.add_argument("--config", help="keepmum.toml, on every worker")
    parser.add_argument("--text", action="store_true", help="files of text instead of Parquet")
    given = parser.parse_args()
    spark = SparkSession.builder.appName("keepmum").getOrCreate()
    run = text if given.text else parquet
    run(spark, given.source.rstrip("/"), given.target.rstrip("/"), given.config)
    spark.stop()


if __name__ == "__main__":
    main()
