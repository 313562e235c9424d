"""Articles and queries for all peers, from an index of souwen."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from base import Record

from index.analysis.document import category_paths, month_of
from index.store.reader import OpenIndex

SEED = 20260101
_SAMPLE = 4000
# Neither spaces nor punctuation: what every engine reads alike.
_RUNS = re.compile(r"[^\W_]+")
_OPERATORS = frozenset(["AND", "OR", "NOT", "TO"])


@dataclass(frozen=True, slots=True)
class Query:
    """A query and its kind."""

    kind: str
    text: str


def articles(index: OpenIndex) -> Iterator[Record]:
    """Every article, with the values that souwen counts in its facets."""
    for article in index.articles.all_articles():
        facets = [("tag", tag) for tag in article.tags]
        for path in dict.fromkeys(p for levels in article.category_paths for p in category_paths(levels)):
            facets.append(("category", path))
        if article.author:
            facets.append(("author", article.author))
        if article.date is not None:
            facets.append(("month", month_of(article.date, index.zone)))
        values = (part for facet in dict.fromkeys(facets) for part in facet)
        yield (article.id, article.title, article.text, *values)


def queries(index: OpenIndex, count: int) -> list[Query]:
    """Fragments of titles, words, pairs of words and quoted strings in equal shares, the same for the same
    index."""
    draw = random.Random(SEED)
    sample = _sample(index, draw)
    kinds = {"fragment": _fragment, "word": _word, "two words": _pair, "quoted": _quoted}
    made: list[Query] = []
    while len(made) < count:
        kind = list(kinds)[len(made) % len(kinds)]
        title, _, text = draw.choice(sample).partition("\n")
        if query := kinds[kind](index, title, text, draw):
            made.append(Query(kind, query))
    return made


def _sample(index: OpenIndex, draw: random.Random) -> list[str]:
    """Titles and texts of random articles."""
    sample: list[str] = []
    for number, text in enumerate(index.articles.texts()):
        if number < _SAMPLE:
            sample.append(text)
        elif (at := draw.randrange(number + 1)) < _SAMPLE:
            sample[at] = text
    return sample


def _fragment(index: OpenIndex, title: str, text: str, draw: random.Random) -> str:
    """Three to twelve characters of a title."""
    length = draw.randint(3, 12)
    runs = [run for run in _RUNS.findall(title) if len(run) >= length and run.upper() not in _OPERATORS]
    if not runs:
        return ""
    run = draw.choice(runs)
    start = draw.randrange(len(run) - length + 1)
    return run[start : start + length]


def _words(index: OpenIndex, title: str) -> list[str]:
    words = index.analyzer.words(title)
    return [w for w in words if len(w) > 1 and _RUNS.fullmatch(w) and w.upper() not in _OPERATORS]


def _word(index: OpenIndex, title: str, text: str, draw: random.Random) -> str:
    words = _words(index, title)
    return draw.choice(words) if words else ""


def _pair(index: OpenIndex, title: str, text: str, draw: random.Random) -> str:
    words = list(dict.fromkeys(_words(index, title)))
    return " ".join(draw.sample(words, 2)) if len(words) > 1 else ""


def _quoted(index: OpenIndex, title: str, text: str, draw: random.Random) -> str:
    """Two to ten characters of a text, in quotation marks."""
    length = draw.randint(2, 10)
    runs = [run for run in _RUNS.findall(text[:20_000]) if len(run) >= length]
    if not runs:
        return ""
    run = draw.choice(runs)
    start = draw.randrange(len(run) - length + 1)
    return f'"{run[start : start + length]}"'
