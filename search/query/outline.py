"""The parser's tree → an outline: the parts of a query, each with its offsets in the text.

Nothing is looked up for it and nothing is left out, unlike in the resolved tree (`nodes.py`): corrections and
explanations replace or quote parts of the query as it was typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whoosh import query

from search.query.grammar import DEFAULT_FIELD, SEARCHED_FIELDS
from search.query.parser import DateRange

Kind = Literal["word", "phrase", "prefix", "other"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word, a phrase, a prefix, or another condition (a pattern, dates, the value of a field).

    `text` is without quotation marks and signs. `span` has the offsets of the start and the end, with them;
    None where the operators could not be understood.
    """

    kind: Kind
    field: str
    text: str
    span: tuple[int, int] | None
    slop: int = 0

    @property
    def prefix(self) -> str:
        """The name of the field and a colon; of the default field, nothing."""
        return "" if self.field == DEFAULT_FIELD else f"{self.field}:"


@dataclass(frozen=True, slots=True)
class Group:
    """All or any of the children."""

    children: tuple[Outline, ...]
    is_or: bool
    boost: float

    @property
    def span(self) -> tuple[int, int] | None:
        """The offsets of the first start and the last end; None if a child has none."""
        spans = [child.span for child in self.children]
        known = [span for span in spans if span is not None]
        return (min(known)[0], max(known)[1]) if known and len(known) == len(spans) else None


@dataclass(frozen=True, slots=True)
class Excluded:
    """Everything but the part."""

    part: Outline

    @property
    def span(self) -> tuple[int, int] | None:
        """The offsets of the part."""
        return self.part.span


Outline = Leaf | Group | Excluded


def outline(parsed: query.Query) -> Outline | None:
    """The outline of a parser's tree; None if there is nothing to search for."""
    return None if parsed is query.NullQuery else _part(parsed)


def _part(parsed: query.Query) -> Outline:
    match parsed:
        case query.And() | query.Or():
            children = tuple(map(_part, parsed.subqueries))
            return Group(children, isinstance(parsed, query.Or), parsed.boost)
        case query.Not():
            return Excluded(_part(parsed.query))
        case DateRange():
            return Leaf("other", parsed.fieldname, parsed.typed, _span(parsed))
        case query.Phrase():
            return Leaf("phrase", parsed.fieldname, parsed.words[0], _span(parsed), parsed.slop)
    kind: Kind = "other"
    if parsed.fieldname in SEARCHED_FIELDS and isinstance(parsed, query.Term | query.Prefix):
        kind = "word" if isinstance(parsed, query.Term) else "prefix"
    return Leaf(kind, parsed.fieldname, parsed.text, _span(parsed))


def _span(leaf: query.Query) -> tuple[int, int] | None:
    start = getattr(leaf, "startchar", None)
    return None if start is None else (start, leaf.endchar)
