"""The script and the page of a site search."""

from __future__ import annotations

import re
from pathlib import Path

SCRIPT, PAGE = "souwen-site.js", "index.html"
# The parts of the script, in their order.
SCRIPTS = ("fold", "bits", "store", "words", "query", "plan", "match", "snippets", "language", "page")
_FOLDER = Path(__file__).parent / "script"
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_INDENT = re.compile(r"^\s+", re.MULTILINE)


def script() -> bytes:
    """The script: its parts without comments and indentation."""
    parts = ((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    text = _INDENT.sub("", _COMMENT.sub("", "\n".join(parts)))
    return f'(() => {{\n"use strict";\n{text}}})();\n'.encode()


def page_files() -> dict[str, bytes]:
    """The files beside the pieces, by name."""
    return {SCRIPT: script(), PAGE: (_FOLDER / PAGE).read_bytes()}
