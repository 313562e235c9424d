"""Articles and queries for all peers, from an index of souwen."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from base import Record

from index.analysis import Analyzer
from index.analysis.document import category_paths, month_of
from index.store.reader import OpenIndex

SEED = 20260101
KINDS = ("fragment", "word", "two words", "quoted")
_SAMPLE = 4000
# Characters of a text that strings are taken from.
_TEXT = 20_000
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
    made: list[Query] = []
    while len(made) < count:
        kind = KINDS[len(made) % len(KINDS)]
        title, _, text = draw.choice(sample).partition("\n")
        if query := _query(kind, title, text, index.analyzer, draw):
            made.append(Query(kind, query))
    return made


def _query(kind: str, title: str, text: str, analyzer: Analyzer, draw: random.Random) -> str:
    """A query from an article; empty where the article has none of the kind."""
    if kind == "fragment":
        return _cut(title, draw.randint(3, 12), draw)
    if kind == "quoted":
        found = _cut(text[:_TEXT], draw.randint(2, 10), draw)
        return f'"{found}"' if found else ""
    words = [word for word in dict.fromkeys(analyzer.words(title)) if len(word) > 1 and _is_plain(word)]
    wanted = 2 if kind == "two words" else 1
    return " ".join(draw.sample(words, wanted)) if len(words) >= wanted else ""


def _cut(text: str, length: int, draw: random.Random) -> str:
    """So many characters in a row; empty where there is no such run of letters and digits."""
    runs = [run for run in _RUNS.findall(text) if len(run) >= length and _is_plain(run)]
    if not runs:
        return ""
    run = draw.choice(runs)
    start = draw.randrange(len(run) - length + 1)
    return str(run[start : start + length])


def _is_plain(word: str) -> bool:
    return bool(_RUNS.fullmatch(word)) and word.upper() not in _OPERATORS


def _sample(index: OpenIndex, draw: random.Random) -> list[str]:
    """Titles and texts of random articles."""
    sample: list[str] = []
    for number, text in enumerate(index.articles.texts()):
        if number < _SAMPLE:
            sample.append(text)
        elif (at := draw.randrange(number + 1)) < _SAMPLE:
            sample[at] = text
    return sample
