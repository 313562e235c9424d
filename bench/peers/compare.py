"""souwen beside Lucene and SQLite: CPU time of the same queries over the same articles.

    python bench/peers/compare.py INDEX FOLDER [--queries 1000] [--without NAME …]

INDEX is an index of souwen; its articles are indexed by the peers into FOLDER first, unless they are there.
Needed are a JDK (21 or newer) and Maven, which fetches Lucene from Maven Central.

Each query asks for ten hits with highlights in title and text, the number of matches, and facets (author,
category, tag, month), as JSON. Where fewer than ten articles have all that was asked for, the best that have
some of it follow. The engines answer blocks of fifty queries in turn, each time another first, so that a
machine that changes its speed does so for all. Everything is asked twice and measured the second time (of
SQLite, which is slow and learns nothing, once): CPU time, of Lucene's searching thread alone (the JVM's
compiler and garbage collector come free), of the others' whole process.

souwen stands there twice: as the API answers, and without corrections and folded copies, which the others
don't have.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from base import Answer, IndexingPeer, Peer, Stopwatch
from corpus import Query, articles, queries
from fts5 import SqlitePeer
from lucene import LucenePeer

from index.analysis.bulk import accelerate_folding
from index.store.reader import OpenIndex
from search.request import SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from search.settings import SearchSettings

PEERS = ("cjk", "cjk-terms", "smartcn", "fts5")
_BLOCK = 50


class Souwen:
    """souwen in this process, made ready as its server is."""

    def __init__(self, searcher: Searcher, *, advise: bool, fold: str, name: str) -> None:
        self.name = name
        self._searcher, self._advise, self._fold = searcher, advise, fold

    def search(self, query: str) -> Answer:
        watch = Stopwatch()
        results = self._searcher.search(SearchRequest(query, fold=self._fold), advise=self._advise)
        text = json.dumps(results_json(results), ensure_ascii=False)
        return Answer(watch.ms(), results.total, text)

    def close(self) -> None:
        """The searcher is closed by who opened it."""


def answers(peers: Sequence[Peer], asked: Sequence[Query]) -> dict[str, list[Answer]]:
    """The answers of each peer, in blocks."""
    found: dict[str, list[Answer]] = defaultdict(list)
    for number, start in enumerate(range(0, len(asked), _BLOCK)):
        turn = number % len(peers)
        for peer in (*peers[turn:], *peers[:turn]):
            found[peer.name] += [peer.search(query.text) for query in asked[start : start + _BLOCK]]
    return found


def quantiles(milliseconds: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return cuts[49], cuts[94]


def cell(milliseconds: Sequence[float]) -> str:
    """Both as text."""
    return " / ".join(f"{cut:.2f}" if cut < 10 else f"{cut:.1f}" for cut in quantiles(milliseconds))


def table(asked: Sequence[Query], found: dict[str, list[Answer]], reference: str) -> str:
    """CPU milliseconds by engine: all, by kind, without highlights, and how many times the reference's."""
    kinds = list(dict.fromkeys(query.kind for query in asked))
    lines = [["p50 / p95, CPU ms", "all", *kinds, "without highlights", f"of {reference}"]]
    basis = quantiles([answer.cpu_ms for answer in found[reference]])
    for name, given in found.items():
        times = [answer.cpu_ms for answer in given]
        bare = [answer.without_highlights_ms for answer in given if answer.without_highlights_ms is not None]
        by_kind = [
            [time for time, query in zip(times, asked, strict=True) if query.kind == kind] for kind in kinds
        ]
        ratios = (own / its for own, its in zip(quantiles(times), basis, strict=True))
        ratio = " / ".join(f"{each:.2f} ×" for each in ratios)
        lines.append([name, cell(times), *map(cell, by_kind), cell(bare) if bare else "", ratio])
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def agreement(found: dict[str, list[Answer]], asked: Sequence[Query], reference: str) -> str:
    """How many quoted strings have the same number of matches everywhere."""
    quoted = [number for number, query in enumerate(asked) if query.kind == "quoted"]
    same = {
        name: sum(given[n].total == found[reference][n].total for n in quoted)
        for name, given in found.items()
        if name != reference
    }
    return "; ".join(f"{name}: {count} of {len(quoted)}" for name, count in same.items())


def make_indexes(peers: Sequence[IndexingPeer], index: OpenIndex, folder: Path) -> None:
    """Indexes the articles where a peer has no index yet, and says what that takes."""
    held = folder / "articles"
    count = str(index.articles.count())
    if held.exists() and held.read_text() != count:
        raise SystemExit(f"{folder} is for {held.read_text()} articles, not {count}: take another folder.")
    held.write_text(count)
    print(f"{count} articles")
    for peer in peers:
        if not peer.directory.exists():
            took = peer.index(articles(index))
            print(f"{peer.name}: indexed in {took.seconds:.1f} s, {took.cpu_seconds:.1f} CPU seconds")
        files = [path for path in (peer.directory, *peer.directory.rglob("*")) if path.is_file()]
        print(
            f"{peer.name}: {sum(path.stat().st_size for path in files) / 1e6:.0f} MB with texts", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--without", nargs="*", default=[], choices=PEERS, help="peers to leave out")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    folder = arguments.folder
    made: dict[str, IndexingPeer] = {
        "cjk": LucenePeer("cjk", folder),
        "cjk-terms": LucenePeer("cjk", folder, "terms"),
        "smartcn": LucenePeer("smartcn", folder),
        "fts5": SqlitePeer(folder),
    }
    others = [peer for name, peer in made.items() if name not in arguments.without]
    accelerate_folding()
    with closing(Searcher(arguments.index, SearchSettings())) as searcher:
        with searcher.reader.acquire() as index:
            make_indexes(others, index, arguments.folder)
            asked = queries(index, arguments.queries)
        own = (
            Souwen(searcher, advise=True, fold="on", name="souwen, as the API answers"),
            Souwen(searcher, advise=False, fold="off", name="souwen, the same task"),
        )
        peers: list[Peer] = [*own, *others]
        gc.freeze()
        for peer in peers:
            for query in asked[:_BLOCK] if isinstance(peer, SqlitePeer) else asked:
                peer.search(query.text)
        found = answers(peers, asked)
        for peer in peers:
            peer.close()
    reference = others[0].name if others else own[1].name
    print(f"{len(asked)} queries\n\n{table(asked, found, reference)}\n")
    print(
        f"equal totals of quoted strings, compared with {own[1].name}: {agreement(found, asked, own[1].name)}"
    )


if __name__ == "__main__":
    main()
