from collections.abc import Callable
from os import PathLike
from typing import TypeVar, final

_T = TypeVar("_T", str, bytes)
_Headers = list[tuple[bytes, bytes]]

__version__: str

def forked() -> None: ...
@final
class Finding:
    """What is redacted, and where. Holds nothing of the secret itself."""

    @property
    def name(self) -> str:
        """The secret's name, or the rule's id."""
    @property
    def origin(self) -> str:
        """`secret`, `rule` or `limit`."""
    @property
    def start(self) -> int:
        """Where it begins, as the input counts: `text[start:end]` is what was found."""
    @property
    def end(self) -> int:
        """Where it ends."""
    @property
    def fingerprint(self) -> str | None:
        """A keyed hash of the value, if the configuration has a key."""

class Redactor:
    def __new__(
        cls,
        config: str | PathLike[str] | None,
        toml: str | None,
        *,
        secrets: dict[str, str | bytes],
        rules: list[str | PathLike[str]],
        profile: str | None,
        disable: list[str],
        replacement: str | None,
        hide: list[str],
        warn: Callable[[str], object],
    ) -> Redactor: ...
    def redact(self, input: _T) -> _T:
        """Replaces the secrets in text or bytes. What is clean is given back itself, without a copy.

        Whatever goes wrong is an exception, and never the input. Inputs of 4 KiB and more let other threads have the
        interpreter.
        """
    def redact_json(self, input: _T) -> _T:
        """Replaces the secrets in JSON, or in lines of it: strings are looked through as what they say, however they are
        escaped, and stay strings; numbers that hold a secret become strings; all other bytes stay. What is no JSON is
        redacted as text to the end of its line, and so is JSON that is too deep.
        """
    def redact_field(self, name: str, value: _T) -> _T:
        """Replaces the secrets in the value of a field, whose name can tell what it is: a value called `password` is hidden
        as a whole.
        """
    def hides(self, name: str) -> bool:
        """Whether the value of a field of that name is hidden, whatever it is."""
    def find(self, input: str | bytes) -> list[Finding]:
        """What would be redacted, in order. Places are as the input counts: characters of text, bytes of bytes. Text with
        halves of surrogate pairs counts bytes of UTF-8.
        """
    def add_secret(self, name: str, value: str | bytes) -> None:
        """Covers one more secret, for good: in every form and spelling, and from now on also in streams that are running.
        Raises `SecretError` for a value that would be found everywhere.
        """
    def refresh(self) -> None:
        """Has every source of secrets read again, now. Returns at once; `warn` hears of failures."""
    def byte_stream(self, json: bool) -> ByteStream: ...
    def redact_array(self, array: object) -> object | None: ...

@final
class ByteStream:
    def push(self, chunk: bytes) -> bytes: ...
    def release(self) -> bytes: ...
    def finish(self) -> bytes: ...
    def abandon(self) -> None: ...

@final
class Exit:
    def __new__(
        cls, redactor: Redactor, key_file: str | PathLike[str] | None, hosts: list[str] | None
    ) -> Exit: ...
    @property
    def longest(self) -> int: ...
    def api(self, host: str | None, path: str, headers: _Headers) -> str | None: ...
    def look(
        self, api: str, method: str, headers: _Headers, body: bytes
    ) -> tuple[_Headers, bytes]: ...
    def reply(self, api: str, headers: _Headers) -> tuple[Reply, _Headers] | None: ...
    def redact_body(self, api: str, body: bytes) -> bytes: ...
    def redact_text(self, api: str, text: str) -> str: ...

@final
class Reply:
    def push(self, chunk: bytes) -> bytes: ...
    def finish(self) -> bytes: ...
