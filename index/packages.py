"""Packages that only some people need: extras of pyproject.toml, and the command that installs them."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def install_command(*packages: str) -> str:
    """The command that installs packages into this environment, which may be one of uv, without pip."""
    names = " ".join(packages)
    if find_spec("pip") is not None:
        return f"{sys.executable} -m pip install {names}"
    return f"uv pip install --python {sys.executable} {names}"
