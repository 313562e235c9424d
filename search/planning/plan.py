"""A plan: what an engine is asked for a query, and what is marked in what it finds. `ranking.py` makes it."""

from __future__ import annotations

from dataclasses import dataclass

from whoosh import query

from search.query.parser import Note


@dataclass(frozen=True, slots=True)
class HighlightTerm:
    """Units to mark where they occur in one of `fields`. With `is_prefix`, the last only starts so.

    `weight` says how much a passage with it is worth.
    """

    units: tuple[str, ...]
    fields: tuple[str, ...]
    weight: float
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A query made ready for an engine.

    `strict` is what an article must match to be found as it was asked for, and `relaxed` what it must
    match to be found for a part of the words; that is None where there is nothing to relax. Neither
    scores. `scores` are what those of both get their scores from. `understood` is the query as it was read.
    """

    strict: query.Query
    relaxed: query.Query | None
    scores: tuple[query.Query, ...]
    highlight_terms: tuple[HighlightTerm, ...]
    understood: str
    notes: tuple[Note, ...]
    # What is searched for as a synonym, and the words that it stands for; both as text.
    synonyms: dict[str, str]
