"""A cluster beside tantivy: how fast it takes articles, whether it answers alike, and how fast it answers.

    python bench/cluster.py POSTS DATA --url URL [--index DIR] [--queries 1000] [--keep]

POSTS are indexed into a new index at URL (`http://127.0.0.1:19211/bench`; removed in the end, unless
--keep) and, unless --index names a tantivy index of them, by tantivy. DATA holds
`eval/title_*/queries.jsonl`, of which the queries are a random sample, and `eval/substring_*/gold.jsonl`.
Printed are: articles a second until all can be searched; of the queries, how many have equal totals, and
which part of tantivy's ten best hits the cluster has, and has at the same rank; of the gold strings, how
many find all their documents; milliseconds of a search for ten hits with facets and snippets, one after the
other, once the cluster has merged the segments of the load.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.engines.base import Connection, Sort
from index.engines.opensearch.client import Address, connect
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from search.planning.matching import match_units
from search.query.grammar import DEFAULT_FIELD
from search.request import SearchRequest
from search.results import Results
from search.searcher import Searcher
from search.settings import SearchSettings

TITLES = ("title_xwlb", "title_lctt")
SUBSTRINGS = ("substring_xwlb", "substring_lctt")
_BEST = 10
_WARM_UP = 100


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of some queries: how many have equal totals; the mean parts of the ten best that both have, and that
    both have at one rank."""

    queries: int
    equal_totals: int
    overlap: float
    same_rank: float


def agreement(queries: list[str], one: Searcher, other: Searcher) -> Agreement:
    """Compares two searchers."""
    equal, overlap, rank = 0, 0.0, 0.0
    for text in queries:
        a, b = (each.search(SearchRequest(text)) for each in (one, other))
        equal += (a.total, a.partial) == (b.total, b.partial)
        wanted, found = _ids(a), _ids(b)
        overlap += len({*wanted} & {*found}) / len(wanted) if wanted else 1.0
        rank += sum(x == y for x, y in zip(wanted, found, strict=False)) / len(wanted) if wanted else 1.0
    return Agreement(len(queries), equal, overlap / len(queries), rank / len(queries))


def exact_strings(data: Path, reference: Searcher, searcher: Searcher) -> Iterator[tuple[str, int, int]]:
    """Of each set of gold strings: its name, how many find all their documents, and how many there are."""
    lines = (data / "eval" / "post_ids.tsv").read_text(encoding="utf-8").splitlines()
    with reference.reader.acquire() as index:
        ids = {article.path: article.id for article in index.articles.all_articles()}
    names = {document: ids[path] for document, path in (line.split("\t") for line in lines)}
    with searcher.reader.acquire() as index:
        for name in SUBSTRINGS:
            gold = _records(data / "eval" / name / "gold.jsonl")
            right = 0
            for record in gold:
                wanted = {names[document] for document in record["ids"]}
                tree = match_units(DEFAULT_FIELD, index.analyzer.units(record["query"]))
                total = max(1, index.engine.count(tree))
                hits = index.engine.search(tree, sort=Sort.NEWEST, offset=0, limit=total).hits
                right += wanted <= {hit.id for hit in hits}
            yield name, right, len(gold)


def wait_until_merged(url: str) -> float:
    """Seconds until the cluster has merged what was loaded: it does that by itself, after a load."""
    address, started = Address.parse(url), time.monotonic()
    client = connect(address, Connection.of(SearchSettings()))
    while True:
        time.sleep(0.5)
        health = client.cluster.health(index=address.name)
        merges = client.indices.stats(index=address.name, metric="merge")["_all"]["total"]["merges"]
        if health["status"] == "green" and not merges["current"]:
            return time.monotonic() - started


def latency(queries: list[str], searcher: Searcher) -> list[float]:
    """Milliseconds of each search, in order of size."""
    took: list[float] = []
    for text in queries:
        started = time.perf_counter()
        searcher.search(SearchRequest(text))
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)


def _ids(results: Results) -> list[str]:
    return [hit.article.id for hit in results.hits[:_BEST]]


def _records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("posts", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--url", required=True)
    parser.add_argument("--index", type=Path, help="a tantivy index of the posts")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--shards", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="leave the index on the cluster")
    options = parser.parse_args()
    titles = [str(r["query"]) for s in TITLES for r in _records(options.data / "eval" / s / "queries.jsonl")]
    random.Random(0).shuffle(titles)
    settings = SearchSettings()
    with tempfile.TemporaryDirectory() as folder:
        tantivy = options.index or Path(folder, "tantivy")
        if not options.index:
            sync(tantivy, IngestRequest([options.posts], engine="tantivy", jobs=options.jobs), settings)
        directory = Path(folder, "cluster")
        request = IngestRequest(
            [options.posts],
            engine="opensearch",
            url=options.url,
            shards=options.shards,
            jobs=options.jobs,
        )
        report = sync(directory, request, settings)
        print(f"{report.articles:,} articles, {report.articles / report.seconds:.0f} a second")
        print(f"{wait_until_merged(options.url):.0f} s until segments were merged")
        with (
            closing(Searcher(tantivy, settings)) as reference,
            closing(Searcher(options.url, settings)) as searcher,
        ):
            for name, right, strings in exact_strings(options.data, reference, searcher):
                print(f"{name}: {right} of {strings} find all their documents")
            found = agreement(titles[: options.queries], reference, searcher)
            print(
                f"{found.queries} queries: {found.equal_totals} equal totals, {found.overlap:.4f} of the ten "
                f"best, {found.same_rank:.4f} at the same rank"
            )
            took = latency(titles[-options.queries :], searcher)
            print(
                f"search: median {took[len(took) // 2]:.1f} ms, p95 {took[int(len(took) * 0.95)]:.1f} ms, "
                f"slowest {took[-1]:.1f} ms"
            )
        if not options.keep:
            sync(
                directory, IngestRequest(engine="tantivy"), settings
            )  # takes what was written from the cluster


if __name__ == "__main__":
    main()
