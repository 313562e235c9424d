"""A second look at the best hits: points for the words that are together in one passage.

BM25 adds up what is scattered over an article: ten thousand characters with each word somewhere are about
nothing of it. So the engine's best hits are read, and the words of the query in their title and best passage
score once more, by their idf. The texts are the catalog's, so it is the same on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from whoosh import query

from index.analysis.document import WORDS
from index.analysis.unit_text import UnitText, unit_texts
from index.article import Article
from index.engines.base import Engine, Hit, Hits
from index.engines.bm25 import idf
from search import snippets
from search.planning import scoring
from search.planning.plan import PassageWord

# Hits of a list that are looked at, and characters of each.
LOOKED_AT = 20
_MOST_CHARACTERS = snippets.LOOKED_AT[0]
# Length of a passage in characters, and occurrences of a word that are looked for in a text.
_PASSAGE = 250
_MOST_OCCURRENCES = 50
# BM25's k1. A passage has a fixed length, so there is nothing to normalize (b is 0). By the number of
# occurrences: what they are worth, and what one more adds.
_K1 = 0.5
_SATURATED = [count * (1 + _K1) / (count + _K1) for count in range(2 * _MOST_OCCURRENCES + 2)]
_GAINS = [more - less for less, more in pairwise(_SATURATED)]


@dataclass(frozen=True, slots=True)
class ReadHit:
    """A hit that was read: the article, its title and the start of its text, and the points that the second
    look added."""

    article: Article
    title: UnitText
    start: UnitText
    points: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page of `hits`, made of what was `found`, and the hits that were read, by id."""

    hits: tuple[Hit, ...]
    found: Hits
    read: Mapping[str, ReadHit] = field(default_factory=dict)


def look_again(
    search: Callable[[int, int], Hits],
    read: Callable[[Sequence[str]], Mapping[str, Article]],
    words: Sequence[PassageWord],
    offset: int,
    limit: int,
) -> Page:
    """The hits from `offset` on, out of the list that `search` gives by offset and limit.

    The first `LOOKED_AT` hits of the list are in the order of their score with the points, whichever page is
    asked for. Points are never negative, so no hit behind them has a higher score. Without words, the list is
    as it is.
    """
    if not words or offset >= LOOKED_AT:
        found = search(offset, limit)
        return Page(found.hits, found)
    found = search(0, max(LOOKED_AT, offset + limit))
    first, rest = found.hits[:LOOKED_AT], found.hits[LOOKED_AT:]
    looked = _look_at(read([hit.id for hit in first]), words)
    scored = [
        Hit(hit.id, hit.score + looked[hit.id].points) if hit.id in looked else hit  # removed meanwhile
        for hit in first
    ]
    # A stable sort: equal ones stay in the order of date and id.
    hits = (*sorted(scored, key=lambda hit: -hit.score), *rest)
    return Page(hits[offset : offset + limit], found, looked)


def with_idf(words: Sequence[PassageWord], engine: Engine) -> tuple[PassageWord, ...]:
    """The words with their weights times their idf. Other forms of a word have that of the first."""
    if not words:
        return ()
    documents = engine.count(query.Every())
    having = engine.frequencies(WORDS, [word.forms[0] for word in words])
    return tuple(
        replace(word, weight=word.weight * idf(documents, having.get(word.forms[0], 0))) for word in words
    )


def _look_at(articles: Mapping[str, Article], words: Sequence[PassageWord]) -> dict[str, ReadHit]:
    """The articles with their points, by id."""
    found = list(articles.values())
    titles = unit_texts([article.title for article in found])
    starts = read_starts(found)
    return {
        article.id: ReadHit(article, title, start, passage_points(title.translated, start.translated, words))
        for article, title, start in zip(found, titles, starts, strict=True)
    }


def read_starts(articles: Iterable[Article]) -> list[UnitText]:
    """The starts of the texts of articles."""
    return unit_texts([article.text[:_MOST_CHARACTERS] for article in articles])


def passage_points(title: str, text: str, words: Sequence[PassageWord]) -> float:
    """The points of the words in a title and the best passage of a text together, both translated by
    `SEPARATED`: the sum over the words of weight × tf × (1 + k1) / (tf + k1)."""
    counts = [len(_occurrences(title, word)) for word in words]
    points = best = sum(word.weight * _SATURATED[count] for word, count in zip(words, counts, strict=True))
    found: list[tuple[int, int]] = []
    for number, word in enumerate(words):
        found += [(start, number) for start in _occurrences(text, word)]
    found.sort()
    first = 0
    for start, number in found:
        while start - found[first][0] > _PASSAGE:
            left = found[first][1]
            counts[left] -= 1
            points -= words[left].weight * _GAINS[counts[left]]
            first += 1
        points += words[number].weight * _GAINS[counts[number]]
        counts[number] += 1
        if points > best:
            best = points
    return scoring.WEIGHTS.passage * best


def _occurrences(text: str, word: PassageWord) -> list[int]:
    """The offsets of the first occurrences of a word's forms. Letters and digits are whole words."""
    found: list[int] = []
    for form in word.forms:
        start = text.find(form)
        if start < 0:
            continue
        is_spaced = form[0] < "\x80" or form[-1] < "\x80"
        while start >= 0 and len(found) < _MOST_OCCURRENCES:
            end = start + len(form)
            if not is_spaced or not (_goes_on(text, start) or _goes_on(text, end)):
                found.append(start)
            start = text.find(form, end)
    return found


def _goes_on(text: str, offset: int) -> bool:
    """True between two letters or digits of ASCII, where no word begins or ends."""
    pair = text[offset - 1 : offset + 1] if offset else ""
    return len(pair) == 2 and pair.isascii() and pair.isalnum()
