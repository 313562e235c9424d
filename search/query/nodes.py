"""Nodes of a resolved query: what was typed, with its words as units, its synonyms, and what its patterns
stand for.

`resolve.py` makes the tree from the parser's, and `search/planning/` derives all else from it. What says
nothing (punctuation, words over the limit) is no longer in it, and a tree that says nothing at all is None.

    All, AnyOf, Not        of other nodes
    Text, Phrase           words as they stand, and in quotation marks
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
    """Words that were typed, and what may stand in place of all of them: synonyms, and other notations of
    the same (`equivalents.py`), which are not written back."""

    words: tuple[UnitSequence, ...]
    synonyms: tuple[UnitSequence, ...] = ()
    equivalents: tuple[UnitSequence, ...] = ()

    @property
    def forms(self) -> tuple[UnitSequence, ...]:
        """All that may stand in place of the words."""
        return (*self.synonyms, *(form for form in self.equivalents if form not in self.synonyms))


@dataclass(frozen=True, slots=True)
class _Searched:
    """A leaf in `field` (title, body, or text for both), as it was typed."""

    field: str
    text: str
    boost: float

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of an article that are searched."""
        return SEARCHED_FIELDS[self.field]


@dataclass(frozen=True, slots=True)
class Text(_Searched):
    """A text without signs, all of whose words must occur.

    `units` are those of the whole text, and `words` those of its words. `alternatives` are the words once
    more, cut where some have synonyms.
    """

    units: UnitSequence
    words: tuple[UnitSequence, ...]
    alternatives: tuple[Alternatives, ...]


@dataclass(frozen=True, slots=True)
class Phrase(_Searched):
    """Units that must be adjacent.

    If there are `words`, only the units of each must be, and each word at most `slop` units from where it
    would follow the one before. `unheld` are the pairs of words that are too common for that: fields and
    numbers from 0.
    """

    units: UnitSequence
    slop: int = 0
    words: tuple[UnitSequence, ...] = ()
    unheld: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Prefix(_Searched):
    """Adjacent units, the last of which may be unfinished.

    `endings` are the units that the last stands for, where it can't be looked up as it is.
    """

    units: UnitSequence
    endings: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pattern(_Searched):
    """A pattern of letters, or a word and those like it; `units` are those found, which all start with
    `prefix`."""

    prefix: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldValue:
    """An author, a category or a tag; `key` is its value as it is indexed."""

    field: str
    text: str
    boost: float
    key: str
    is_prefix: bool = False
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """From `start` to before `end`, in seconds since 1970; None is open. `text` is as typed."""

    text: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """Texts of a group in one field, in the order typed, and their units as those of a single text."""

    fields: tuple[str, ...]
    texts: tuple[str, ...]
    units: UnitSequence


@dataclass(frozen=True, slots=True)
class All:
    """All of the children; with `is_relaxable`, typed side by side without AND: some of the words will do, if
    need be.

    `run` has the plain texts among them, where they may be one phrase.
    """

    children: tuple[Node, ...]
    boost: float
    is_relaxable: bool
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any of the children; with `is_synonymous`, they are a word and its synonyms, written out."""

    children: tuple[Node, ...]
    boost: float
    is_synonymous: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but the node."""

    node: Node


Leaf = Text | Phrase | Prefix | Pattern | FieldValue | Dates
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
