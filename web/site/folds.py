"""The folding that a browser lacks: characters whose folded form is not what Unicode's own rules give."""

from __future__ import annotations

import unicodedata
from collections.abc import Set as AbstractSet
from functools import cache

from index.analysis.fold import fold

# Behind the last character that Unicode has a name for, but for tags and selectors.
_END = 0x33480
_INVISIBLE = ("Mn", "Cf", "Cc")


def fold_table(characters: AbstractSet[str]) -> tuple[str, dict[str, str]]:
    """Folded forms that consist of these characters alone: of one character each, as a text of pairs; and the
    others."""
    pairs: list[str] = []
    others: dict[str, str] = {}
    for character, folded in _folds():
        if not characters >= set(folded.strip()):
            continue
        if len(folded) == 1 and max(character, folded) < "\U00010000":
            pairs.append(character + folded)
        else:
            others[character] = folded
    return "".join(pairs), others


@cache
def _folds() -> tuple[tuple[str, str], ...]:
    """All characters that Unicode's rules fold otherwise, with their folded forms."""
    named = (chr(code) for code in range(0x80, _END) if unicodedata.name(chr(code), ""))
    folds = ((character, fold(character)) for character in named)
    return tuple((character, folded) for character, folded in folds if folded != by_unicode(character))


def by_unicode(character: str) -> str:
    """What `script/fold.js` makes of a character without this table."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(each.lower() for each in decomposed if unicodedata.category(each) not in _INVISIBLE)
