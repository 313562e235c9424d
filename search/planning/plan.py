"""A plan: what an engine is asked for a query, and what is highlighted in what it finds. `planner.py` makes
it."""

from __future__ import annotations

from dataclasses import dataclass

from whoosh import query

from search.query.parser import Note


@dataclass(frozen=True, slots=True)
class HighlightTerm:
    """Units to highlight where they occur in one of `fields`. With `is_prefix`, the last may go on.

    `weight` is what a passage with the term is worth.
    """

    units: tuple[str, ...]
    fields: tuple[str, ...]
    weight: float
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class OptionalWord:
    """A word that a partial match may lack, in query syntax without its weight, and what matches it."""

    text: str
    match: query.Query


@dataclass(frozen=True, slots=True)
class Plan:
    """A query made ready for an engine.

    An article must match `strict` to have all that was asked for, and `relaxed` to have some of the words;
    that is None where there is nothing to relax. `optional` are those words. Neither scores: `scores` are the
    parts of the score of both. `understood` is the query as it was read. `synonyms` are forms searched for
    besides what was typed, and the words that each stands for; both as text.
    """

    strict: query.Query
    relaxed: query.Query | None
    optional: tuple[OptionalWord, ...]
    scores: tuple[query.Query, ...]
    highlight_terms: tuple[HighlightTerm, ...]
    understood: str
    notes: tuple[Note, ...]
    synonyms: dict[str, str]
