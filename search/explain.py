"""Explanation of a score: the points of each part of the query, as the engine counts them, and those of the
second look.

The engine searches each part of the plan once more, for the articles of the page only, so the parts sum to
the score by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from whoosh import query

from index.analysis.document import WORD_FIELDS
from index.analysis.grams import END, separate, units
from index.article import to_datetime
from index.engines.base import Engine, Hit, Sort
from index.engines.nodes import GramPhrase
from search.deadline import Deadline
from search.planning.matching import any_of, scored
from search.planning.plan import Plan
from search.planning.scoring import WEIGHTS
from search.query.words import text_of
from search.results import ResultHit
from search.second_look import ReadHit

# Parts of a plan that are tried together, since most score nothing.
_AT_A_TIME = 6

# Kind, field and text.
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ScorePart:
    """The points of one part of a query.

    `kind` is word, pair (two adjacent characters), phrase (the text as it was typed), synonym (of what was
    `typed`), passage (the words together in one passage) or fresh (an article of this day or later); `field`
    is title, body, text (both as one) or date. `weight` is the factor of BM25: the weight of the kind, times
    the one typed, times the number of times the text was typed; of passage, it is that of its words' idf, and
    of fresh, the points themselves.
    """

    kind: str
    field: str
    text: str
    weight: float
    score: float
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The parts of a score, the greatest first. `is_partial` is set if the article lacks some of the
    words."""

    is_partial: bool
    parts: tuple[ScorePart, ...]

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return sum(part.score for part in self.parts)


def explained(
    engine: Engine,
    plan: Plan,
    hits: Sequence[ResultHit],
    read: Mapping[str, ReadHit],
    deadline: Deadline,
) -> tuple[ResultHit, ...]:
    """The hits of a plan with their explanations; `read` are those of the second look. Raises
    TooSlowError."""
    scores = [Hit(hit.article.id, hit.score) for hit in hits]
    parts = explain(engine, plan, scores, {each: hit.points for each, hit in read.items()}, deadline)
    return tuple(
        replace(hit, explanation=Explanation(bool(hit.missing), parts.get(hit.article.id, ())))
        for hit in hits
    )


def explain(
    engine: Engine, plan: Plan, hits: Sequence[Hit], points: Mapping[str, float], deadline: Deadline
) -> dict[str, tuple[ScorePart, ...]]:
    """Score parts of the hits of a plan, by id, the greatest first; `points` are those of the second look. A
    hit without a score (sorted by date) has none. Raises TooSlowError."""
    parts: dict[str, list[ScorePart]] = {hit.id: [] for hit in hits}
    among = any_of([query.Term("id", hit.id) for hit in hits if hit.score])
    if among is query.NullQuery:
        return {}
    nodes: dict[_Key, list[query.Query]] = {}
    for node in plan.scores:
        nodes.setdefault(_described(node), []).append(node)

    def score_by(scores: Sequence[query.Query]) -> list[Hit]:
        deadline.check()
        found = engine.search(scored(among, scores), sort=Sort.RELEVANCE, offset=0, limit=len(hits))
        return [hit for hit in found.hits if hit.score]

    for (kind, field, text), alike in _scoring(nodes, score_by):
        typed = plan.synonyms.get(text, "")
        weight = sum(node.score if kind == "fresh" else node.boost for node in alike)
        for hit in score_by(alike):
            part = ScorePart("synonym" if typed else kind, field, text, weight, hit.score, typed)
            parts[hit.id].append(part)
    together = " … ".join(word.forms[0] for word in plan.passage_words)
    for each, score in points.items():
        if score and each in parts:
            parts[each].append(ScorePart("passage", "text", together, WEIGHTS.passage, score))
    return {
        each: tuple(sorted(found, key=lambda part: (-part.score, part.field, part.kind, part.text)))
        for each, found in parts.items()
    }


def _scoring(
    nodes: dict[_Key, list[query.Query]], score_by: Callable[[Sequence[query.Query]], list[Hit]]
) -> Iterator[tuple[_Key, list[query.Query]]]:
    """Score parts that match at least one of the articles, found by trying several of a field at a time:
    most parts of a long query are in no title."""
    parts = sorted(nodes.items(), key=lambda part: (part[0][1], part[0][0]))
    for start in range(0, len(parts), _AT_A_TIME):
        several = parts[start : start + _AT_A_TIME]
        if len(several) == 1 or score_by([node for _, alike in several for node in alike]):
            yield from several


def _described(node: query.Query) -> _Key:
    """The kind, the field and the text of a part of a plan's scores."""
    if isinstance(node, query.ConstantScoreQuery):
        return "fresh", "date", to_datetime(node.child.start).date().isoformat()
    if node.fieldname in WORD_FIELDS:
        return "word", "text", node.text
    field = node.fieldname.partition("_")[0]
    if isinstance(node, GramPhrase):
        found = {offset + i: unit for offset, gram in node.grams for i, unit in enumerate(_units(gram))}
        return "phrase", field, text_of([found[position] for position in sorted(found)])
    return "pair", field, text_of(_units(node.text))


def _units(gram: str) -> list[str]:
    return units(separate(gram.replace(END, " ")))
