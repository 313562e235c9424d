"""Copies and series: how well sketches tell them, and what they cost.

    python bench/repeats.py INDEX [--articles 8000] [--data DATA]

Of a fixed sample of the articles of INDEX, every pair that shares 70% of its shingles is found exactly, by
the sets themselves (those of two articles with so large a share have one of the rarest shingles of each in
common: Bayardo et al. 2007), and compared with what sketches tell of the pairs. Articles without a sketch are
left out. With DATA, mixed queries are searched with and without folding, in turn, in CPU time of the process.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from itertools import combinations
from pathlib import Path

from latency import mixed_queries

from index.analysis.bulk import accelerate_folding
from index.analysis.grams import separate
from index.analysis.sketch import RESEMBLANCE, SHINGLE, keys_of, letters, resemble, sketches_of
from index.article import Article
from index.store.reader import IndexReader
from search.request import SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from search.settings import SearchSettings

_SEED = 20221122
_QUERIES = 600
# Articles whose sketches are made together, as by an indexing process.
_AT_ONCE = 32

Pairs = set[tuple[int, int]]


def sampled(index: Path, count: int) -> list[Article]:
    """A sample of the articles of an index, the same for the same index."""
    with closing(IndexReader(index)) as reader, reader.acquire() as opened:
        found = sorted(opened.articles.all_articles(), key=lambda article: article.id)
    return random.Random(_SEED).sample(found, min(count, len(found)))


def exact_pairs(texts: Sequence[str], least: float = RESEMBLANCE) -> Pairs:
    """The pairs of texts whose sets of shingles have a Jaccard index of `least`, by their numbers."""
    sets = [frozenset(text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1)) for text in texts]
    having = Counter(shingle for shingles in sets for shingle in shingles)
    with_rare: defaultdict[str, list[int]] = defaultdict(list)
    found: Pairs = set()
    for number in sorted(range(len(sets)), key=lambda each: len(sets[each])):
        shingles = sets[number]
        rarest = sorted(shingles, key=lambda shingle: (having[shingle], shingle))
        rarest = rarest[: len(shingles) - math.ceil(least * len(shingles)) + 1]
        shared = [shingle for shingle in rarest if having[shingle] > 1]
        for other in {each for shingle in shared for each in with_rare[shingle]}:
            common = len(shingles & sets[other])
            if common >= least * (len(shingles) + len(sets[other]) - common):
                found.add((min(number, other), max(number, other)))
        for shingle in shared:
            with_rare[shingle].append(number)
    return found


def told_pairs(sketches: Sequence[bytes]) -> Pairs:
    """The pairs that sketches tell: with a key in common, and minima that resemble each other."""
    with_key: defaultdict[int, list[int]] = defaultdict(list)
    for number, sketch in enumerate(sketches):
        for key in keys_of(sketch)[1:]:
            with_key[key].append(number)
    near = {pair for numbers in with_key.values() for pair in combinations(sorted(set(numbers)), 2)}
    return {(a, b) for a, b in near if resemble(sketches[a], sketches[b])}


def quality(articles: Sequence[Article]) -> None:
    """Prints precision, recall, and the cost of a sketch."""
    texts = [(letters(separate(each.title)), letters(separate(each.text))) for each in articles]
    parts = [texts[start : start + _AT_ONCE] for start in range(0, len(texts), _AT_ONCE)]
    sketches_of(parts[0])
    started = time.process_time()
    made = [sketch for part in parts for sketch in sketches_of(part)]
    took = time.process_time() - started
    kept = [number for number, sketch in enumerate(made) if sketch]
    told = told_pairs([made[number] for number in kept])
    exact = exact_pairs(["".join(texts[number]) for number in kept])
    right = len(told & exact)
    print(
        f"{len(articles)} articles, {len(made) - len(kept)} without a sketch; pairs {len(exact)}: "
        f"precision {right / max(1, len(told)):.3f}, recall {right / max(1, len(exact)):.3f}; "
        f"a sketch {took / len(made) * 1000:.3f} ms, {max(map(len, made))} bytes"
    )


def search_cost(index: Path, data: Path) -> None:
    """Prints CPU times of searches with and without folding."""
    accelerate_folding()
    queries = mixed_queries(data, _QUERIES)
    took: dict[str, list[float]] = {"on": [], "off": []}
    folded = 0
    with closing(Searcher(index, SearchSettings())) as searcher:
        for query in queries[:50]:
            searcher.search(SearchRequest(query))
        for number, query in enumerate(queries):
            for fold in ("on", "off") if number % 2 else ("off", "on"):
                started = time.process_time()
                results = searcher.search(SearchRequest(query, fold=fold))
                json.dumps(results_json(results), ensure_ascii=False)
                took[fold].append((time.process_time() - started) * 1000)
                folded += fold == "on" and any(hit.folded.ids for hit in results.hits)
    for fold, times in took.items():
        cuts = statistics.quantiles(times, n=100)
        print(f"fold={fold}: p50 {cuts[49]:.2f}, p95 {cuts[94]:.2f}, p99 {cuts[98]:.2f} ms CPU")
    print(f"{folded} of {len(queries)} first pages have something folded")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--articles", type=int, default=8000, help="size of the sample")
    parser.add_argument("--data", type=Path, help="the folder with eval/, to draw queries from")
    arguments = parser.parse_args()
    quality(sampled(arguments.index, arguments.articles))
    if arguments.data:
        search_cost(arguments.index, arguments.data)


if __name__ == "__main__":
    main()
