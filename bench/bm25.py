"""An independent BM25 (numpy) to compare with: words and pairs of adjacent units, title and text one field.

    python bench/bm25.py DATA [--sets stard,rgb,cmrc2018] [--gram 0.6]

It shares the analysis with souwen and nothing else: no engine, no phrases, no words that have to occur.
DATA is as for bench/quality.py, for sets with a corpus.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from quality import Query, corpus_of, measure, read_set, report

from index.analysis import Analyzer
from index.analysis.grams import BOUNDARY

_K1, _B = 1.2, 0.75
_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Postings:
    """Postings of one kind of token: of each, the documents and frequencies; and the documents' lengths."""

    by_token: dict[str, tuple[np.ndarray, np.ndarray]]
    lengths: np.ndarray

    def add_scores(self, scores: np.ndarray, tokens: Counter[str], weight: float) -> None:
        """Adds the BM25 of a query's tokens to the scores of all documents."""
        norms = _K1 * (1 - _B + _B * self.lengths / self.lengths.mean())
        for token, count in tokens.items():
            if token in self.by_token:
                documents, found = self.by_token[token]
                idf = math.log(1 + (len(scores) - len(documents) + 0.5) / (len(documents) + 0.5))
                part = found * (1 + _K1) / (found + norms[documents])
                scores[documents] += weight * count * idf * part


def postings(texts: Sequence[str]) -> Postings:
    """The postings of texts whose tokens are parted by spaces."""
    listed: dict[str, list[tuple[int, int]]] = {}
    for number, text in enumerate(texts):
        for token, count in Counter(text.split()).items():
            listed.setdefault(token, []).append((number, count))
    arrays = {token: np.array(pairs, dtype=np.int64).T for token, pairs in listed.items()}
    lengths = np.array([len(text.split()) for text in texts], dtype=np.float64)
    return Postings({token: (found[0], found[1]) for token, found in arrays.items()}, lengths)


class Ranker:
    """Ranks the documents of a corpus of ids, titles and texts; a gram weighs `gram` of a word."""

    def __init__(self, records: Sequence[dict[str, str]], gram: float) -> None:
        self._ids = [record["id"] for record in records]
        self._analyzer = Analyzer()
        tokens = self._analyzer.tokens_of([f"{each.get('title', '')}\n{each['text']}" for each in records])
        self._words = postings([each.words for each in tokens])
        self._grams = postings([each.grams for each in tokens])
        self._gram = gram

    def rank(self, text: str) -> list[str]:
        """The ids of the best documents."""
        scores = np.zeros(len(self._ids))
        units = self._analyzer.units(text)
        grams = Counter(a + b for a, b in pairwise(units) if BOUNDARY not in (a, b))
        self._words.add_scores(scores, Counter(self._analyzer.words(text)), 1.0)
        self._grams.add_scores(scores, grams, self._gram)
        best = np.argsort(-scores, kind="stable")[:_DEPTH]
        return [self._ids[number] for number in best if scores[number] > 0]


def timed(ranker: Ranker, queries: Sequence[Query]) -> Iterator[tuple[list[str], float]]:
    """The documents of each query, and the milliseconds that took."""
    for query in queries:
        started = time.perf_counter()
        found = ranker.rank(query.text)
        yield found, (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", default="stard,rgb,cmrc2018")
    parser.add_argument("--gram", type=float, default=0.6)
    parser.add_argument("--queries", type=int, default=0, help="of each set, so many; 0 is all")
    arguments = parser.parse_args()
    for name in arguments.sets.split(","):
        folder = arguments.data / "eval" / name
        queries = read_set(folder, {}, arguments.queries)
        ranker = Ranker(list(corpus_of(folder)), arguments.gram)
        report(f"{name}, BM25", measure(queries, timed(ranker, queries)), {})


if __name__ == "__main__":
    main()
