"""Redacts a directory of Parquet or text on a cluster: a copy with the same columns, files in the same partitions.

    spark-submit backfill.py --config /etc/keepmum.toml s3a://logs/raw s3a://logs/redacted
    spark-submit backfill.py --config /etc/keepmum.toml --text /mnt/logs/raw /mnt/logs/redacted

Parquet goes through `mapInArrow`, each value as an input of its own. Text goes file by file through a stream, so that a key
over many lines is found and every other byte stays; file names stay too, and `.gz`, `.bz2` and `.zst` are read and written
compressed. Every worker needs keepmum, pyarrow and the file that `--config` names; no secret travels.
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
    kind = pa.Codec.detect(name).name if name.endswith((".gz", ".bz2", ".zst")) else None
    with read.open_input_stream(source, compression=kind) as lines, write.open_output_stream(hidden, compression=kind) as out:
        while piece := lines.read(PIECE):
            out.write(stream.push(piece))
        out.write(stream.finish())
    write.move(hidden, target)


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
