"""A plan: the trees that an engine evaluates for a query, and the terms to highlight. `planner.py` makes
it."""

from __future__ import annotations

from dataclasses import dataclass

from whoosh import query

from search.query.parser import Note


@dataclass(frozen=True, slots=True)
class HighlightTerm:
    """Units to highlight where they occur in one of `fields`. With `is_prefix`, the last may continue.
    `weight` is the value of the term for a passage."""

    units: tuple[str, ...]
    fields: tuple[str, ...]
    weight: float
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class OptionalWord:
    """A word that a partial match may lack: its text in query syntax, without a weight, and the node that
    matches it."""

    text: str
    match: query.Query


@dataclass(frozen=True, slots=True)
class PassageWord:
    """A word that counts where it is in one passage with the others: the text typed and what may stand in its
    place, folded, and its typed weight."""

    forms: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A query ready for an engine.

    Full matches match `strict`; partial matches match `relaxed`, which is None where nothing can be
    relaxed, and may lack some of the words `optional`. Neither tree scores: `scores` are the score parts
    for both, and `passage_words` those of the second look at the best hits. `understood` is the query as it
    was read. `synonyms` maps each form that was added to the words that it stands for, both as text.
    """

    strict: query.Query
    relaxed: query.Query | None
    optional: tuple[OptionalWord, ...]
    scores: tuple[query.Query, ...]
    passage_words: tuple[PassageWord, ...]
    highlight_terms: tuple[HighlightTerm, ...]
    understood: str
    notes: tuple[Note, ...]
    synonyms: dict[str, str]
