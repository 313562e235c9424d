"""Words of a single character beside a word of the dictionary (小程序, 不收费): of the articles that match a
query of one in full, how many have it.

    python bench/joined_words.py INDEX [--words 300]

The words are made by rule of every tenth article: a single character other than a particle, right before or
behind a word of the dictionary of two characters; those that are together most often for how often either
occurs (by the square of their count over the product of both).
"""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from index.analysis.grams import separate
from index.engines.base import Sort
from index.store.reader import IndexReader, OpenIndex
from search.planning.planner import make_match
from search.query.parser import parse_query
from search.query.resolve import QueryContext
from search.settings import SearchSettings

_PARTICLES = frozenset("的了吗呢吧啊着之嘛么啦呀")
_EVERY = 10
_LEAST = 20


def joined_words(index: OpenIndex, wanted: int) -> list[str]:
    """So many words, the closest first."""
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for number, text in enumerate(index.articles.texts()):
        if number % _EVERY:
            continue
        for piece in index.analyzer.pieces(text):
            cut = index.analyzer.words(piece)
            words.update(cut)
            pairs.update(pair for pair in pairwise(cut) if _is_joined(*pair))
    closeness = {
        pair: count * count / (words[pair[0]] * words[pair[1]])
        for pair, count in pairs.items()
        if count >= _LEAST
    }
    return ["".join(pair) for pair in sorted(closeness, key=lambda pair: -closeness[pair])[:wanted]]


def _is_joined(left: str, right: str) -> bool:
    return (
        sorted((len(left), len(right))) == [1, 2]
        and all("一" <= character <= "鿿" for character in left + right)
        and _PARTICLES.isdisjoint((left, right))
    )


def having(index: OpenIndex, word: str, settings: SearchSettings) -> tuple[int, int]:
    """The number of full matches of a word, and of those that have it."""
    limits = settings.max_query_words, settings.max_expansions
    context = QueryContext(index.analyzer, index.engine.terms, *limits)
    match = make_match(parse_query(word, settings, index.zone).tree, context)
    hits = index.engine.search(match, sort=Sort.NEWEST, offset=0, limit=100_000).hits
    good = 0
    for start in range(0, len(hits), 500):
        articles = index.articles.articles([hit.id for hit in hits[start : start + 500]])
        good += sum(word in _written(each.title) or word in _written(each.text) for each in articles.values())
    return len(hits), good


def _written(text: str) -> str:
    return separate(text).replace(" ", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--words", type=int, default=300)
    arguments = parser.parse_args()
    found = right = 0
    with closing(IndexReader(arguments.index)) as reader, reader.acquire() as index:
        for word in joined_words(index, arguments.words):
            total, good = having(index, word, SearchSettings())
            found, right = found + total, right + good
            if good < total:
                print(f"{word}: {good} of {total}")
    print(f"{found} full matches, {right} have the word: {right / max(1, found):.2%}")


if __name__ == "__main__":
    main()
