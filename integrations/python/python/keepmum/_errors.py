"""Why something was not done. No text holds a value of a secret."""

from __future__ import annotations


class Error(Exception):
    """What keepmum raises."""


class ConfigError(Error):
    """A configuration is not in force. The text names the file and line, or the rule."""


class SourceError(ConfigError):
    """A source of secrets could not be read. Trying again later can help."""


class SecretError(Error):
    """A secret is not looked for: its value would be found everywhere, or is too long. The text names it."""


class LimitError(Error):
    """An input crossed a limit. Nothing of it is given out."""


class InternalError(Error):
    """keepmum failed inside. Nothing is given out."""


class Refused(Error):
    """A request that must not be sent: a secret stands where nothing may change, or it cannot be looked into."""

    def __init__(self, message: str, status: int, body: bytes) -> None:
        super().__init__(message, status, body)
        self.status = status
        """The HTTP status that says so."""
        self.body = body
        """The same in JSON, as the provider itself would put it."""

    def __str__(self) -> str:
        return str(self.args[0])
