"""Requests of HTTP clients, whichever client that is."""

from __future__ import annotations

import os
from collections.abc import Iterable

from keepmum._default import default
from keepmum._keepmum import Exit, Reply
from keepmum._redactor import Redactor

Headers = list[tuple[bytes, bytes]]


class Requests:
    """Looks through requests and replies; how they are sent is the client's."""

    def __init__(
        self,
        redactor: Redactor | None,
        hosts: Iterable[str],
        everything: bool,
        key_file: str | os.PathLike[str] | None,
    ) -> None:
        self._exit = Exit(redactor or default(), key_file, None if everything else list(hosts))

    @property
    def longest(self) -> int:
        """The longest body that is looked through, in bytes."""
        return self._exit.longest

    def api(self, host: str, raw_path: bytes, headers: Headers) -> str | None:
        """What a request is; none if it passes untouched."""
        return self._exit.api(host, raw_path.split(b"?")[0].decode("ascii", "replace"), headers)

    def look(self, api: str, method: str, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        """Headers and body as they may be sent. Raises `Refused`."""
        return self._exit.look(api, method, headers, body)

    def reply(self, api: str, headers: Headers) -> tuple[Reply, Headers] | None:
        """What restores a reply, and its headers then; none if it passes as it comes."""
        return self._exit.reply(api, headers)
