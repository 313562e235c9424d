"""Similar articles: how many share the topic of the article asked for, against the share expected by chance.

    python bench/similar.py INDEX [--words 40]

Reads the articles of INDEX, and makes a temporary index of a fixed sample of them. Three questions:

folders   of 10 similar articles in INDEX, how many are in the same (innermost) category?
series    of 10, how many belong to the same series (【春天里的中国】…, 树莓派使用入门：…)? The series' name
          is taken out of title and text of the sample first, so that only the topic can tell.
halves    of long articles cut in two, without their titles: is the other half the first?
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from index.article import Article
from index.ingest.job import IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from index.store.reader import IndexReader
from search import similar
from search.searcher import Searcher
from search.settings import SearchSettings

_SEED = 20220104
_SERIES = re.compile(r"【(?P<a>[^】]{2,30})】|(?P<b>[^：]{4,20})：")
# Members of a series; articles that are of none; articles cut in two; characters of one of those.
_MEMBERS = (8, 150)
_OTHERS = 3000
_HALVES = 400
_LONG = 1500
# Articles asked about, a category or in all.
_A_FOLDER = 20
_ASKED = 600


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index", type=Path)
    parser.add_argument("--words", type=int, default=similar.WORDS, help="words that are searched for")
    arguments = parser.parse_args()
    similar.WORDS = arguments.words
    chosen = random.Random(_SEED)
    with closing(IndexReader(arguments.index)) as reader, reader.acquire() as index:
        articles = list(index.articles.all_articles())
    with closing(Searcher(arguments.index, SearchSettings())) as searcher:
        folders = {article.id: article.categories[-1] for article in articles if article.categories}
        report("folders", searcher, folders, asked_of(folders, _A_FOLDER, chosen), len(articles))
    with tempfile.TemporaryDirectory() as folder:
        sections, halves = write_sample(Path(folder, "sample.jsonl"), articles, chosen)
        sync(Path(folder, "index"), IngestRequest([Path(folder, "sample.jsonl")], jobs=2), Settings())
        with closing(Searcher(Path(folder, "index"), SearchSettings())) as searcher:
            count = searcher.stats().articles
            report("series", searcher, sections, chosen.sample(sorted(sections), _ASKED), count)
            ranks = [rank_of(searcher, f"{name}-1", f"{name}-2") for name in halves]
    first = sum(rank == 1 for rank in ranks) / len(ranks)
    reciprocal = sum(1 / rank for rank in ranks if rank) / len(ranks)
    print(f"halves   {len(ranks):5} asked  first {first:.3f}  MRR@10 {reciprocal:.3f}")


def asked_of(sections: dict[str, str], most: int, chosen: random.Random) -> list[str]:
    """At most so many of each section."""
    members: dict[str, list[str]] = defaultdict(list)
    for name in sorted(sections):
        members[sections[name]].append(name)
    return [
        n
        for names in members.values()
        if len(names) > 10
        for n in chosen.sample(names, min(most, len(names)))
    ]


def report(kind: str, searcher: Searcher, sections: dict[str, str], asked: Sequence[str], count: int) -> None:
    """Prints the mean precision over articles, that expected by chance, and the median time of a call."""
    sizes = Counter(sections.values())
    shares, expected, took = [], [], []
    for name in asked:
        started = time.perf_counter()
        found = [hit.article.id for hit in searcher.similar(name, 10)]
        took.append((time.perf_counter() - started) * 1000)
        shares.append(sum(sections.get(other) == sections[name] for other in found) / 10)
        expected.append((sizes[sections[name]] - 1) / (count - 1))
    print(
        f"{kind:8} {len(asked):5} asked  precision@10 {statistics.mean(shares):.3f}  by chance "
        f"{statistics.mean(expected):.3f}  median {statistics.median(took):.1f} ms  "
        f"p95 {statistics.quantiles(took, n=20)[-1]:.1f} ms"
    )


def write_sample(
    file: Path, articles: Sequence[Article], chosen: random.Random
) -> tuple[dict[str, str], list[str]]:
    """Writes the sample; gives the series of its articles, and the names of those cut in two."""
    series: dict[str, str] = {}
    for article in articles:
        if found := _SERIES.match(article.title):
            series[article.id] = found["a"] or found["b"]
    sizes = Counter(series.values())
    series = {name: mark for name, mark in series.items() if _MEMBERS[0] <= sizes[mark] <= _MEMBERS[1]}
    rest = [article for article in articles if article.id not in series]
    long = [article for article in rest if len(article.text) > _LONG]
    halves = chosen.sample(long, _HALVES)
    others = chosen.sample([article for article in rest if article not in halves], _OTHERS)
    lines = [
        line(article.id, article.title.replace(mark, ""), article.text.replace(mark, ""))
        for article in articles
        if (mark := series.get(article.id))
    ]
    lines += [line(article.id, article.title, article.text) for article in others]
    for article in halves:
        middle = article.text.find("\n", len(article.text) // 2) % len(article.text)
        lines += [
            line(f"{article.id}-1", "", article.text[:middle]),
            line(f"{article.id}-2", "", article.text[middle:]),
        ]
    file.write_text("".join(lines), encoding="utf-8")
    return series, [article.id for article in halves]


def line(name: str, title: str, text: str) -> str:
    return json.dumps({"id": name, "title": title, "text": text}, ensure_ascii=False) + "\n"


def rank_of(searcher: Searcher, name: str, wanted: str) -> int:
    """The place of an article among those similar to another, from 1; 0 where it isn't there."""
    found = [hit.article.id for hit in searcher.similar(name, 10)]
    return found.index(wanted) + 1 if wanted in found else 0


if __name__ == "__main__":
    main()
