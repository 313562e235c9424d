"""Nodes of a resolved query: its words as units, with their synonyms and the words that its patterns stand
for.

`resolve.py` makes the tree from the parser's, and `search/planning/` derives all else from it. Parts that
search for nothing (punctuation, words over the limit) are removed; the tree of a query with no other parts is
None.

    All, AnyOf, Not        of other nodes
    Text, Phrase           words side by side, and in quotation marks
    Prefix, Pattern        交管*; tensor?low and kubernets~
    FieldValue, Dates      an author, a category or a tag; a period
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from search.query.grammar import SEARCHED_FIELDS

# A word or several, as units.
UnitSequence = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Typed words, and forms that may replace them: synonyms, and equivalents (`equivalents.py`), which
    are not written back."""

    words: tuple[UnitSequence, ...]
    synonyms: tuple[UnitSequence, ...] = ()
    equivalents: tuple[UnitSequence, ...] = ()

    @property
    def forms(self) -> tuple[UnitSequence, ...]:
        """All forms that may replace the words."""
        return (*self.synonyms, *(form for form in self.equivalents if form not in self.synonyms))


@dataclass(frozen=True, slots=True)
class _Searched:
    """A leaf in a logical `field` (title, body, or text for both), with its text as typed."""

    field: str
    text: str
    boost: float

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of an article that are searched."""
        return SEARCHED_FIELDS[self.field]


@dataclass(frozen=True, slots=True)
class Text(_Searched):
    """A text without operators, all of whose words must occur.

    `units` are those of the whole text, and `words` those of its words. `alternatives` are the same words,
    grouped where several have synonyms together.
    """

    units: UnitSequence
    words: tuple[UnitSequence, ...]
    alternatives: tuple[Alternatives, ...]


@dataclass(frozen=True, slots=True)
class Phrase(_Searched):
    """Units that must be adjacent.

    With `words`, only the units of each word must be adjacent, and each word may be at most `slop` units
    away from its position in the phrase. `any_distance` are pairs of words that are too common for that
    condition: fields, and numbers from 0.
    """

    units: UnitSequence
    slop: int = 0
    words: tuple[UnitSequence, ...] = ()
    any_distance: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Prefix(_Searched):
    """Adjacent units, the last of which may be unfinished.

    `endings` are the units that the last stands for; None where the engine can look the prefix up.
    """

    units: UnitSequence
    endings: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pattern(_Searched):
    """A pattern of letters, or a fuzzy word. `units` are the matching words of the index, which all start
    with `prefix`."""

    prefix: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldValue:
    """An author, a category or a tag; `key` is the indexed form of the value."""

    field: str
    text: str
    boost: float
    key: str
    is_prefix: bool = False
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """A range in seconds since 1970, `end` excluded; None is open. `text` is as typed."""

    text: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class CameIn:
    """Articles that came into the index in a span of time, by their ids; or with `is_rest`, all others.
    `text` is the span as typed."""

    text: str
    ids: tuple[str, ...]
    is_rest: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Texts of a group in one field, in the order typed, with the units of all of them as one text."""

    fields: tuple[str, ...]
    texts: tuple[str, ...]
    units: UnitSequence


@dataclass(frozen=True, slots=True)
class All:
    """All of the children. `is_relaxable` is set for words side by side without AND: partial matches may have
    some of them.

    `run` has the plain texts among them, where they may be one phrase.
    """

    children: tuple[Node, ...]
    boost: float
    is_relaxable: bool
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of the children. `is_synonymous` is set for a word typed with its synonyms."""

    children: tuple[Node, ...]
    boost: float
    is_synonymous: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Everything except the node."""

    node: Node


Leaf = Text | Phrase | Prefix | Pattern | FieldValue | Dates | CameIn
Node = All | AnyOf | Not | Leaf


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves of a tree, in the order typed."""
    match node:
        case All() | AnyOf():
            for child in node.children:
                yield from leaves(child)
        case Not():
            yield from leaves(node.node)
        case _:
            yield node
