"""The folding that a browser lacks: characters whose folded form is not what Unicode's own rules give."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Set as AbstractSet

from index.analysis.fold import fold


def fold_table(characters: AbstractSet[str]) -> tuple[str, dict[str, str]]:
    """Folded forms that consist of these characters alone: of one character each, as a text of pairs; and the
    others."""
    pairs: list[str] = []
    others: dict[str, str] = {}
    for code in range(0x80, sys.maxunicode + 1):
        if 0xD800 <= code < 0xF900 or code >= 0x32000:  # surrogates and private use; nothing behind
            if code >= 0x32000:
                break
            continue
        character = chr(code)
        if not unicodedata.name(character, ""):
            continue
        folded = fold(character)
        if folded == _by_unicode(character) or not characters >= set(folded.strip()):
            continue
        if len(folded) == 1 and code < 0x10000 and folded < "\U00010000":
            pairs.append(character + folded)
        else:
            others[character] = folded
    return "".join(pairs), others


def _by_unicode(character: str) -> str:
    """What `script/fold.js` makes of a character without this table."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(
        each.lower() for each in decomposed if unicodedata.category(each) not in ("Mn", "Cf", "Cc")
    )
