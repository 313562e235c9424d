"""Weights of the score, tried one at a time on all development sets at once.

    python bench/tune.py DATA WORK [--queries 400] [--index POSTS] [--try grams=0.8,question=0.2 …]

DATA is as for bench/quality.py; WORK keeps the indexes of the sets with a corpus; with --index (an index of
the posts), titles are measured, too. Each set's figure is the mean of MRR@10, nDCG@10 and recall@100. In the
end, leaving each set out in turn: what is best on the mean of the others, and what it does to the one left
out. What wins on one set only is not kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from quality import SETS, Query, corpus_of, measure, post_names, read_set

from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from search.planning import scoring
from search.searcher import Searcher
from search.settings import SearchSettings

_DEPTH = 100
_CURRENT = "as it is"
# Of each weight, other values to try.
_GRID: Mapping[str, Sequence[float]] = {
    "grams": (0.4, 0.8, 1.0),
    "function_grams": (0.2, 0.8, 1.0),
    "question": (0.0, 0.3),
    "body_phrase": (0.0, 1.2),
    "title_phrase": (0.5, 2.0),
    "passage": (0.0, 1.0, 4.0),
}


def index_of(data: Path, work: Path, name: str) -> Path:
    """The index of a set's corpus, made when it is first asked for."""
    directory, corpus = work / f"index-{name}", work / f"{name}.jsonl"
    if not directory.exists():
        records = corpus_of(data / "eval" / name)
        corpus.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in records), "utf-8")
        sync(directory, IngestRequest([corpus]), Settings())
    return directory


def ranked(
    searcher: Searcher, queries: Sequence[Query], *, by_path: bool
) -> Iterator[tuple[list[str], float]]:
    """The documents of each query: ids, or paths."""
    with searcher.reader.acquire() as index:
        for query in queries:
            found = [hit.id for hit in searcher.rank(index, query.text[:1000], _DEPTH)]
            if by_path:
                articles = index.articles.articles(found)
                found = [articles[each].path for each in found]
            yield found, 0.0


def figure(searcher: Searcher, queries: list[Query], *, by_path: bool) -> float:
    """The mean of the measures of a set."""
    quality = measure(queries, ranked(searcher, queries, by_path=by_path))
    return fmean((quality.mrr_at_10, quality.ndcg_at_10, quality.recall_at_100))


def leave_one_out(figures: Mapping[str, Mapping[str, float]], sets: Sequence[str]) -> Iterator[str]:
    """For each set: the candidate that is best on the others, and what it gains on this one."""
    for left_out in sets:
        others = [name for name in sets if name != left_out]
        best = max(figures, key=lambda candidate: fmean(figures[candidate][name] for name in others))
        change = figures[best][left_out] - figures[_CURRENT][left_out]
        yield f"{left_out} left out: the others choose {best}, which changes it by {change:+.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--index", type=Path, help="an index of the posts")
    parser.add_argument("--queries", type=int, default=400, help="of each set")
    parser.add_argument("--try", dest="tried", action="append", help="weights in place of the grid")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    names = post_names(arguments.data)
    sets = [name for name in SETS if arguments.index or not name.startswith("title_")]
    tried = arguments.tried or [f"{name}={value}" for name, values in _GRID.items() for value in values]
    figures: dict[str, dict[str, float]] = {candidate: {} for candidate in (_CURRENT, *tried)}
    for name in sets:
        is_posts = name.startswith("title_")
        directory = arguments.index if is_posts else index_of(arguments.data, arguments.work, name)
        queries = read_set(arguments.data / "eval" / name, names, arguments.queries)
        with closing(Searcher(directory, SearchSettings())) as searcher:
            for candidate, found in figures.items():
                given = candidate.split(",") if candidate != _CURRENT else []
                pairs = (pair.split("=") for pair in given)
                scoring.WEIGHTS = replace(scoring.Weights(), **{key: float(value) for key, value in pairs})
                found[name] = figure(searcher, queries, by_path=is_posts)
    for candidate, found in figures.items():
        print(
            f"{candidate:30}",
            *(f"{name} {found[name]:.4f}" for name in sets),
            f"mean {fmean(found.values()):.4f}",
        )
    print(*leave_one_out(figures, sets), sep="\n")


if __name__ == "__main__":
    main()
