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
    def redact(self, input: _T) -> _T: ...
    def redact_json(self, input: _T) -> _T: ...
    def redact_field(self, name: str, value: _T) -> _T: ...
    def hides(self, name: str) -> bool: ...
    def find(self, input: str | bytes) -> list[Finding]: ...
    def add_secret(self, name: str, value: str | bytes) -> None: ...
    def refresh(self) -> None: ...
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
