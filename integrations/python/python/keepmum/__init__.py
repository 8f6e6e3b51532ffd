"""Keeps secrets out of what leaves a process.

    >>> import keepmum
    >>> redactor = keepmum.Redactor.from_toml("", secrets={"db-password": "correct horse"})
    >>> redactor.redact("pw: correct horse")
    'pw: [REDACTED:db-password]'

`Redactor` redacts text, bytes, JSON and streams. `keepmum.redact` does it with the configuration that lies at a usual place.
What stands at the exits of a process has a module each: `keepmum.logging`, `keepmum.structlog`, `keepmum.loguru`,
`keepmum.httpx`, `keepmum.httpx2`, `keepmum.litellm`, `keepmum.arrow`, `keepmum.spark`.
"""

import os as _os

from keepmum._default import default, find, redact, redact_json
from keepmum._errors import (
    ConfigError,
    Error,
    InternalError,
    LimitError,
    Refused,
    SecretError,
    SourceError,
)
from keepmum._keepmum import Finding, __version__, forked
from keepmum._redactor import Redactor
from keepmum._stream import Stream, Writer

_os.register_at_fork(after_in_child=forked)

__all__ = [
    "ConfigError",
    "Error",
    "Finding",
    "InternalError",
    "LimitError",
    "Redactor",
    "Refused",
    "SecretError",
    "SourceError",
    "Stream",
    "Writer",
    "__version__",
    "default",
    "find",
    "redact",
    "redact_json",
]
