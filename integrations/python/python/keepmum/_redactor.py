"""The redactor."""

from __future__ import annotations

import logging
import os
import pickle
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, AnyStr

from keepmum import _keepmum
from keepmum._stream import Stream, Writer

_Path = str | os.PathLike[str]


def _warn(text: str) -> None:
    logging.getLogger("keepmum").warning("%s", text)


class Late:
    """Warnings that wait until somebody may hear them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[str] | None = []

    def __call__(self, text: str) -> None:
        # Not locked any more once there is nothing to wait for: a process that is forked off would find it locked.
        if self._held is not None:
            with self._lock:
                if self._held is not None:
                    self._held.append(text)
                    return
        _warn(text)

    def tell(self) -> None:
        """Tells what there is, and from now on what comes at once."""
        with self._lock:
            held, self._held = self._held or [], None
        for text in held:
            _warn(text)


class Redactor(_keepmum.Redactor):
    """Secrets and rules in force: shared by any number of threads, and kept fresh as the configuration says.

    `config` is the path of a `keepmum.toml`. Without one it is the file at a usual place, as for the program: `keepmum.toml`
    in the working folder, or `keepmum/keepmum.toml` in the user's configuration folder; if there is none the built-in rules
    are in force. The other arguments say more than the file:

    - `secrets`: values by name, covered in every form and spelling, for good;
    - `rules`: files of further rules;
    - `profile`: `known-only`, `precise`, `balanced` or `paranoid`;
    - `disable`: ids of rules, or vendors, that are left out;
    - `replacement`: `named`, `fingerprint`, `mask`, `partial`, `remove` or `fixed:TEXT`;
    - `hide`: further names of fields whose values are hidden as a whole, where values have names;
    - `warn`: is told what somebody should look at, from any thread; by default a warning of the logger `keepmum`.

    >>> redactor = Redactor.from_toml("replacement = 'mask'", secrets={"pin": b"correct horse"})
    >>> redactor.redact(b"pin: correct horse")
    b'pin: *************'

    Raises `ConfigError`, `SourceError` if a source of secrets cannot be read, and `SecretError` for a value that would be
    found everywhere.
    """

    _pickled: tuple[Callable[..., Redactor], tuple[str, ...]] | None

    def __new__(
        cls,
        config: _Path | None = None,
        *,
        secrets: Mapping[str, str | bytes] | None = None,
        rules: Iterable[_Path] = (),
        profile: str | None = None,
        disable: Iterable[str] = (),
        replacement: str | None = None,
        hide: Iterable[str] = (),
        warn: Callable[[str], object] = _warn,
        _toml: str | None = None,
    ) -> Redactor:
        rules, disable, hide = list(rules), list(disable), list(hide)
        made = super().__new__(
            cls,
            config,
            _toml,
            secrets=dict(secrets or {}),
            rules=rules,
            profile=profile,
            disable=disable,
            replacement=replacement,
            hide=hide,
            warn=warn,
        )
        assert isinstance(made, Redactor)
        plain = not (secrets or rules or profile or disable or replacement or hide or _toml is not None)
        path = () if config is None else (os.path.abspath(config),)
        made._pickled = (cls, path) if plain and (warn is _warn or isinstance(warn, Late)) else None
        made._config = config
        return made

    _config: _Path | None

    @classmethod
    def from_config(cls, path: _Path) -> Redactor:
        """What the file at `path` says, and nothing else. Can be pickled: as that path."""
        return cls(path)

    @classmethod
    def from_toml(
        cls,
        toml: str,
        *,
        secrets: Mapping[str, str | bytes] | None = None,
        warn: Callable[[str], object] = _warn,
    ) -> Redactor:
        """What a text in the format of `keepmum.toml` says; `""` is the built-in rules, whatever files lie around."""
        return cls(secrets=secrets, warn=warn, _toml=toml)

    def stream(self, kind: type[AnyStr] = str, *, json: bool = False) -> Stream[AnyStr]:  # type: ignore[assignment]
        """A stream of text, or of bytes with `stream(bytes)`. With `json`, of lines of JSON.

        >>> stream = Redactor.from_toml("", secrets={"pw": "correct horse"}).stream()
        >>> stream.push("pw: correct ho") + stream.push("rse!") + stream.finish()
        'pw: [REDACTED:pw]!'
        """
        return Stream(self.byte_stream(json), kind)

    def wrap(self, file: IO[AnyStr], *, json: bool = False) -> Writer[AnyStr]:
        """A file that redacts what is written to it and hands it on to `file`, text or binary."""
        return Writer(self, file, json)

    def __repr__(self) -> str:
        return f"<keepmum.Redactor {self._config or ''}".rstrip() + ">"

    def __reduce__(self) -> tuple[Callable[..., Redactor], tuple[Any, ...]]:
        if self._pickled is None:
            raise pickle.PicklingError(
                "a Redactor is pickled as the path of its configuration, and this one has more than that; "
                "put it into a keepmum.toml, or make it where it is used"
            )
        return self._pickled
