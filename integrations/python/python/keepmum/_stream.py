"""Streams, and files that are written through one."""

from __future__ import annotations

import codecs
from types import TracebackType
from typing import IO, TYPE_CHECKING, AnyStr, Generic, cast

from keepmum._keepmum import ByteStream

if TYPE_CHECKING:
    from keepmum._redactor import Redactor


def _undecodable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Halves of surrogate pairs stay; of a character that a redaction cuts in two nothing does."""
    try:
        return codecs.lookup_error("surrogatepass")(error)
    except UnicodeError:
        return codecs.lookup_error("replace")(error)


codecs.register_error("keepmum", _undecodable)


class Stream(Generic[AnyStr]):
    """Redacts an input that comes in pieces. However it is cut, the output is the same.

    A piece leaves as soon as nothing can claim it; what could still become a secret is held. As a context manager it lets
    nothing out that is held if it is left without `finish`.
    """

    def __init__(self, stream: ByteStream, kind: type[AnyStr]) -> None:
        self._stream = stream
        self._kind: type[AnyStr] = kind
        self._decoder = codecs.getincrementaldecoder("utf-8")("keepmum")

    def push(self, chunk: AnyStr) -> AnyStr:
        """Takes the next piece; gives what is decided by now. After an exception the stream is over."""
        if not isinstance(chunk, self._kind):
            raise TypeError(f"this is a stream of {self._kind.__name__}")
        if isinstance(chunk, str):
            return self._given(self._stream.push(chunk.encode("utf-8", "surrogatepass")))
        return self._given(self._stream.push(chunk))

    def release(self) -> AnyStr:
        """Says that the input pauses, as at a prompt; gives a held beginning of a possible secret of under 8 bytes."""
        return self._given(self._stream.release())

    def finish(self) -> AnyStr:
        """Says that the input is over; gives the rest."""
        return self._given(self._stream.finish(), final=True)

    def _given(self, decided: bytes, final: bool = False) -> AnyStr:
        text = issubclass(self._kind, str)
        return cast("AnyStr", self._decoder.decode(decided, final) if text else decided)

    def __enter__(self) -> Stream[AnyStr]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.abandon()


class Writer(Generic[AnyStr]):
    """A file, text or binary, that is written through a stream. `close`, or the end of a `with`, writes what is held.

    `flush` hands on what is decided, and never shows the beginning of a secret.
    """

    def __init__(self, redactor: Redactor, file: IO[AnyStr], json: bool) -> None:
        self._redactor = redactor
        self._file: IO[AnyStr] = file
        self._json = json
        self._stream: Stream[AnyStr] | None = None
        self._closed = False

    def write(self, chunk: AnyStr) -> int:
        """Writes what is decided by now. Gives the length of `chunk`, all of which is taken."""
        if self._closed:
            raise ValueError("write to a closed file")
        if self._stream is None:
            self._stream = self._redactor.stream(type(chunk), json=self._json)
        self._file.write(self._stream.push(chunk))
        return len(chunk)

    def writelines(self, lines: list[AnyStr]) -> None:
        """Writes each of them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flushes the file behind."""
        self._file.flush()

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """Whether the file behind is a terminal."""
        return self._file.isatty()

    @property
    def closed(self) -> bool:
        """Whether it takes no more."""
        return self._closed

    def close(self) -> None:
        """Writes what is held. The file behind stays open."""
        if self._closed:
            return
        self._closed = True
        if self._stream is not None:
            self._file.write(self._stream.finish())
        self._file.flush()

    def __enter__(self) -> Writer[AnyStr]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
