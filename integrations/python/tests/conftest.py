"""What tests share."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import keepmum

SECRET = "correct horse battery staple"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file of this machine is read, and no key of its user's is drawn."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "KEEPMUM_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(home)
    yield


@pytest.fixture(scope="session")
def redactor() -> keepmum.Redactor:
    """The built-in rules, and one known secret. Shared: add nothing to it."""
    return keepmum.Redactor.from_toml("", secrets={"pw": SECRET})


def token() -> str:
    """A token of GitHub's, made up now."""
    letters = string.ascii_letters + string.digits
    return "gh" + "p_" + "".join(secrets.choice(letters) for _ in range(36))
