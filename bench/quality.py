"""Ranking quality: MRR@10, nDCG@10 and recall@100 on known-item and question sets; substring recall.

Where answers have grades, MRR is of those of the highest grade of a query, and a grade g gains 2^g - 1.

    python bench/quality.py DATA [--index DIR] [--sets cmrc2018,title_xwlb] [--no-title]
                            [--weights body_phrase=1,…] [--peer [--peer-index DIR]] [--record]

Each figure is printed with its difference from the one in bench/quality.json, which --record replaces.
--peer also measures the peer (bench/peer.py) on the same queries, with --peer-index (an index that it
made of all of the posts) on those of the posts, too.

DATA holds `eval/<set>/queries.jsonl` and `qrels.tsv`, with `corpus.jsonl` (indexed for the run) or
ids of `eval/post_ids.tsv`, which name posts of the index at --index; and `eval/substring_*/gold.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import lzma
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import peer
from whoosh import index as whoosh_index

from index.analysis import document
from index.engines.base import Sort
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.maintenance.reindex import fill_engine
from index.settings import Settings
from index.store.catalog_writer import CatalogWriter
from index.store.directory import IndexDirectory
from index.store.reader import IndexReader
from search import second_look
from search.planning import scoring
from search.planning.planner import make_plan
from search.planning.scoring import Weights
from search.query.parser import parse_query
from search.query.resolve import QueryContext
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings

SETS = ("stard", "rgb", "cmrc2018", "title_xwlb", "title_lctt")
SUBSTRINGS = ("substring_xwlb", "substring_lctt")
_DEPTH = 100
_RECORD = Path(__file__).with_name("quality.json")


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and the documents (ids or paths) that answer it, with their grades (1 and more)."""

    text: str
    grades: dict[str, int]


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over a set of queries."""

    queries: int
    mrr_at_10: float
    ndcg_at_10: float
    recall_at_100: float
    milliseconds: float


def read_set(folder: Path, names: dict[str, str], limit: int = 0) -> list[Query]:
    """The queries of a set, or `limit` of them, evenly; `names` maps document ids to what the index calls
    them."""
    relevant: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query_id, _, document, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query_id, {})[names.get(document, document)] = int(grade)
    queries = [
        Query(record["query"], relevant[record["id"]])
        for record in map(json.loads, _lines(folder / "queries.jsonl"))
        if record["id"] in relevant
    ]
    return queries[:: max(1, len(queries) // limit)][:limit] if limit else queries


def corpus_of(folder: Path) -> Iterator[dict[str, str]]:
    """The records of a set's corpus, which may be compressed."""
    plain, packed = folder / "corpus.jsonl", folder / "corpus.jsonl.xz"
    data = plain.read_bytes() if plain.exists() else lzma.decompress(packed.read_bytes())
    yield from map(json.loads, data.decode("utf-8").splitlines())


def measure(queries: list[Query], ranked: Iterator[tuple[list[str], float]]) -> Quality:
    """`ranked` gives each query's documents, best first, and the milliseconds that took."""
    reciprocal = gain = recall = milliseconds = 0.0
    for query, (found, took) in zip(queries, ranked, strict=True):
        grades = [query.grades.get(name, 0) for name in found]
        highest = max(query.grades.values())
        if highest in grades[:10]:
            reciprocal += 1 / (grades.index(highest) + 1)
        gain += _gain(grades) / _gain(sorted(query.grades.values(), reverse=True))
        recall += sum(map(bool, grades)) / len(query.grades)
        milliseconds += took
    count = len(queries)
    return Quality(count, reciprocal / count, gain / count, recall / count, milliseconds / count)


def _gain(grades: Sequence[int]) -> float:
    """The discounted gain of the first ten."""
    return sum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades[:10], start=1))


def post_names(data: Path) -> dict[str, str]:
    """Document id → path of the post."""
    return dict(line.split("\t") for line in _lines(data / "eval" / "post_ids.tsv"))


def without_titles(directory: Path, work: Path) -> Path:
    """A copy of an index whose scores have nothing of a title. Titles are matched as they are."""
    copied = Path(shutil.copytree(directory, work / "untitled"))
    generation = IndexDirectory(copied).current()
    shutil.rmtree(generation.engine_directory)
    document.TITLE_WEIGHT = 0
    with closing(CatalogWriter.open(generation.catalog_file)) as catalog:
        fill_engine(generation, catalog)
    return copied


_searcher: Searcher


def _open(directory: str, weights: Weights, *, no_title: bool = False) -> None:
    global _searcher
    scoring.WEIGHTS = weights
    if no_title:
        points = second_look.passage_points
        second_look.passage_points = lambda _, text, words: points("", text, words)
    _searcher = Searcher(Path(directory), SearchSettings())


def _rank(text: str) -> tuple[list[str], float]:
    results = _searcher.search(SearchRequest(text[:1000], size=_DEPTH, fold="off"))
    names = [
        hit.article.path if hit.article.path.startswith("_posts/") else hit.article.id for hit in results.hits
    ]
    return names, results.took_ms


def evaluate(directory: Path, queries: list[Query], weights: Weights, *, no_title: bool = False) -> Quality:
    """The quality of an index on a set of queries."""
    opened = partial(_open, str(directory), weights, no_title=no_title)
    with ProcessPoolExecutor(2, initializer=opened) as pool:
        return measure(queries, pool.map(_rank, [query.text for query in queries], chunksize=50))


def evaluate_peer(directory: Path, queries: list[Query]) -> Quality:
    """The same of the peer. The name of a post is its path from the folder `_posts`."""
    opened = whoosh_index.open_dir(str(directory))

    def rank(text: str) -> tuple[list[str], float]:
        started = time.perf_counter()
        found = peer.search(opened, text, _DEPTH)
        milliseconds = (time.perf_counter() - started) * 1000
        return [path[path.find("_posts/") :] if "_posts/" in path else path for path in found], milliseconds

    return measure(queries, (rank(query.text) for query in queries))


def report(name: str, quality: Quality, before: dict[str, dict[str, float]]) -> None:
    """Prints the figures of a set, and how they differ from those before."""
    labels = {"mrr_at_10": "MRR@10", "ndcg_at_10": "nDCG@10", "recall_at_100": "recall@100"}
    figures = []
    for key, label in labels.items():
        value = getattr(quality, key)
        change = f" ({value - before[name][key]:+.4f})" if name in before else ""
        figures.append(f"{label} {value:.4f}{change}")
    print(f"{name}: {quality.queries} queries: {', '.join(figures)}; {quality.milliseconds:.1f} ms each")
    sys.stdout.flush()


def recorded(quality: Quality) -> dict[str, float]:
    """The figures that a run is compared with: all but the time."""
    return {key: round(value, 4) for key, value in asdict(quality).items() if key != "milliseconds"}


def substring_recall(directory: Path, gold: Path, names: dict[str, str]) -> tuple[int, int, list[str]]:
    """Of the quoted strings of a gold file: how many find all of their documents, and those that don't.

    All documents of a string are asked for at once, without snippets.
    """
    settings = SearchSettings()
    failures: list[str] = []
    count = 0
    with closing(IndexReader(directory)) as reader, reader.acquire() as index:
        paths = {article.id: article.path for article in index.articles.all_articles()}
        for record in map(json.loads, _lines(gold)):
            count += 1
            parsed = parse_query(f'"{record["query"]}"', settings, index.zone)
            limits = settings.max_query_words, settings.max_expansions
            context = QueryContext(index.analyzer, index.engine.terms, *limits)
            plan = make_plan(parsed.tree, context)
            hits = index.engine.search(plan.strict, sort=Sort.NEWEST, offset=0, limit=len(paths)).hits
            missing = {names[i] for i in record["ids"]} - {paths[hit.id] for hit in hits}
            if missing:
                failures.append(f"{record['query']}: {len(missing)} of {record['n']} missing")
    return count - len(failures), count, failures


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--index", type=Path, help="an index of the posts")
    parser.add_argument("--sets", default=",".join((*SETS, *SUBSTRINGS)))
    parser.add_argument("--queries", type=int, default=0, help="of each set, so many; 0 is all")
    parser.add_argument(
        "--no-title",
        action="store_true",
        help="leave titles out of the score (copies --index)",
    )
    parser.add_argument("--weights", default="", help="weights to try: body_phrase=1,words=2")
    parser.add_argument("--peer", action="store_true", help="measure the peer, too")
    parser.add_argument("--peer-index", type=Path, help="the peer's index of the posts")
    parser.add_argument("--record", action="store_true", help="write the figures to bench/quality.json")
    arguments = parser.parse_args()
    given = dict(pair.split("=") for pair in arguments.weights.split(",") if pair)
    weights = replace(scoring.WEIGHTS, **{name: float(value) for name, value in given.items()})
    if arguments.no_title:
        weights = replace(weights, title_phrase=0.0)
    names = post_names(arguments.data)
    before = json.loads(_RECORD.read_text(encoding="utf-8")) if _RECORD.exists() else {}
    now = dict(before)
    for name in arguments.sets.split(","):
        folder = arguments.data / "eval" / name
        if name.startswith("substring"):
            good, count, failures = substring_recall(arguments.index, folder / "gold.jsonl", names)
            print(f"{name}: {good} of {count} find all their documents", *failures, sep="\n  ")
            continue
        label = f"{name}, titles left out" if arguments.no_title else name
        queries = read_set(folder, names, arguments.queries)
        has_corpus = any(folder.glob("corpus.jsonl*"))
        with tempfile.TemporaryDirectory() as temporary:
            directory, peer_directory = arguments.index, arguments.peer_index
            if has_corpus:
                directory, peer_directory = Path(temporary) / "index", Path(temporary) / "peer"
                corpus = Path(temporary) / "corpus.jsonl"
                records = (json.dumps(each, ensure_ascii=False) for each in corpus_of(folder))
                corpus.write_text("\n".join(records), encoding="utf-8")
                sync(directory, IngestRequest([corpus], jobs=2), Settings())
            elif arguments.no_title:
                directory = without_titles(directory, Path(temporary))
            quality = evaluate(directory, queries, weights, no_title=arguments.no_title)
            report(label, quality, before)
            now[label] = recorded(quality)
            if arguments.peer and peer_directory:
                if has_corpus:
                    peer.build(((r["id"], r["title"], r["text"]) for r in corpus_of(folder)), peer_directory)
                quality = evaluate_peer(peer_directory, queries)
                report(f"{name}, peer", quality, before)
                now[f"{name}, peer"] = recorded(quality)
    if arguments.record:
        _RECORD.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
