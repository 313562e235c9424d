"""The script and the page of a site search."""

from __future__ import annotations

import re
from pathlib import Path

SCRIPT, PAGE = "souwen-site.js", "index.html"
# The parts of the script, in their order.
SCRIPTS = ("fold", "bits", "store", "words", "query", "plan", "match", "snippets", "language", "page")
_FOLDER = Path(__file__).parent / "script"
# Where spaces stay: strings, templates, and regular expressions where no operand was before.
_LITERAL = re.compile(
    r"""`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'"""
    r"""|(?<=[(,=:\[!&|?{};\n])\s*/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*"""
)
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_SPACE = re.compile(r"(?<=[^\w$]) +| +(?=[^\w$ +-])|^\s+", re.MULTILINE)


def script() -> bytes:
    """The script: its parts without comments and needless spaces."""
    parts = ((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    text = _COMMENT.sub("", "\n".join(parts))
    made: list[str] = []
    end = 0
    for literal in _LITERAL.finditer(text):
        made += (_SPACE.sub("", text[end : literal.start()]), literal[0])
        end = literal.end()
    made.append(_SPACE.sub("", text[end:]))
    # The mark at its start says that it is UTF-8, whatever the page around it is.
    return f'\ufeff(() => {{\n"use strict";\n{"".join(made)}}})();\n'.encode()


def page_files() -> dict[str, bytes]:
    """The files beside the pieces, by name."""
    return {SCRIPT: script(), PAGE: (_FOLDER / PAGE).read_bytes()}
