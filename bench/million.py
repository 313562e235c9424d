"""How souwen does with many articles: up to a million, made of a folder of posts.

    python bench/million.py POSTS WORK [--articles 1000000] [--steps make index query refresh rebuild]
                            [--queries 1400] [--jobs N]

WORK gets the articles (JSON Lines in files of 12,500, about 60 MB each; 4.9 KB an article), and the index
(10 KB an article, twice that during the rebuild). An article has the number of characters of one of the
posts, its categories, author and date, paragraphs of any posts of its kind, and a title of two halves:
lengths and vocabulary are as real, sentences too, and only what is said makes no sense. The seeds are
fixed: the same posts make the same articles.

The steps, each of which goes on with what the ones before it left in WORK:

    make     writes the articles; files that are there from an earlier run are kept
    index    makes the index anew: rate, processor time, peak memory (of all processes; and without the files
             of the index, which are mapped), sizes, segments written and left after merges
    query    percentiles of searches by kind
    refresh  how soon a running server finds one new post
    rebuild  a rebuild beside a running server that is being asked

`--articles 200000 --steps make index` is the ingest of 200,000 articles in 16 files.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from ingest import NEW_POST, SOUWEN, PeakMemory, size_of
from latency import percentiles
from soak import address_of, running

from index.analysis import Analyzer
from index.analysis.bulk import accelerate_folding
from index.article import Article, format_date
from index.sources.posts import parse_file
from index.sources.scan import scan
from search.request import SearchRequest
from search.searcher import Searcher
from search.serialize import results_json
from search.settings import SearchSettings

_SEED = 20261127
# Articles of a file: about 60 MB.
_OF_A_FILE = 12_500
STEPS = ("make", "index", "query", "refresh", "rebuild")
# What is in the new post alone.
_OF_NEW_POST = '"鹮鹳鹟鹬"'
# Seconds between two questions to the server.
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Kind:
    """Articles of one kind (the outermost category), and all their paragraphs."""

    articles: list[Article]
    paragraphs: list[str]


def kinds_of(posts: Path) -> list[tuple[Kind, int]]:
    """The kinds of articles in a folder, with the number of each."""
    found: dict[str, Kind] = {}
    for file in scan({posts.name: posts}, posts / "no index").files.values():
        with file.open() as opened:
            parsed = parse_file(file.state.path, opened.read(), UTC)
        for article in parsed.articles:
            kind = found.setdefault(article.categories[0] if article.categories else "", Kind([], []))
            kind.articles.append(article)
            kind.paragraphs.extend(article.text.split("\n"))
    return [(kind, len(kind.articles)) for kind in found.values()]


def made(kinds: list[tuple[Kind, int]], start: int, count: int) -> Iterator[dict[str, object]]:
    """Records of new articles, the same for the same posts and the same start."""
    chooser = random.Random(f"{_SEED} {start}")
    choices, weights = zip(*kinds, strict=True)
    for number in range(start, start + count):
        (kind,) = chooser.choices(choices, weights)
        like, other = chooser.choice(kind.articles), chooser.choice(kind.articles)
        paragraphs: list[str] = []
        missing = len(like.text)
        while missing > 0:
            paragraphs.append(chooser.choice(kind.paragraphs)[: missing + 20])
            missing -= len(paragraphs[-1]) + 1
        yield {
            "id": f"m{number:07d}",
            "title": like.title[: len(like.title) // 2] + other.title[len(other.title) // 2 :],
            "author": other.author,
            "date": format_date(other.date),
            "category_paths": [list(like.categories)],
            "tags": list(like.tags),
            "html": "".join(
                f"<p>{line.replace('&', '&amp;').replace('<', '&lt;')}</p>" for line in paragraphs
            ),
        }


def write_articles(posts: Path, folder: Path, count: int) -> None:
    """Writes the articles, but for files that are there from an earlier run; those of other counts go."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {start: min(_OF_A_FILE, count - start) for start in range(0, count, _OF_A_FILE)}
    wanted = {folder / f"{start:07d}-{size}.jsonl": start for start, size in sizes.items()}
    for path in set(folder.iterdir()) - wanted.keys():
        path.unlink()
    missing = {path: start for path, start in wanted.items() if not path.exists()}
    kinds = kinds_of(posts) if missing else []
    for path, start in missing.items():
        unfinished = path.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8") as file:
            for record in made(kinds, start, sizes[start]):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        unfinished.replace(path)
    size = size_of(folder)
    print(
        f"  {count:,} articles in {len(wanted)} files, {size / 1e6:.0f} MB, {size / count / 1000:.2f} KB each"
    )


class Segments:
    """Segments of the engine that were there at any time of a run, seen four times a second."""

    def __init__(self, index: Path) -> None:
        self.seen: set[str] = set()
        self._index = index
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> tuple[int, int]:
        """The number of those written, and of those left."""
        self._done.set()
        self._thread.join()
        generation = (self._index / "current").read_text(encoding="utf-8").strip()
        return len(self.seen), len(list((self._index / generation / "engine").glob("*.term")))

    def _watch(self) -> None:
        while not self._done.wait(0.25):
            self.seen |= {path.stem for path in self._index.glob("gen-*/engine/*.term")}


def index_all(folder: Path, index: Path, options: list[str]) -> dict[str, object]:
    """Indexes the folder; prints what that took."""
    segments = Segments(index)
    started = time.perf_counter()
    with subprocess.Popen(
        [*SOUWEN, "index", str(folder), "--index", str(index), "--json", *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        memory = PeakMemory(process.pid)
        assert process.stdout is not None
        report: dict[str, object] = json.loads(process.stdout.read())
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    seconds = time.perf_counter() - started
    peak = memory.stop()
    written, left = segments.stop()
    processor = used.ru_utime + used.ru_stime
    count = int(str(report["articles"]))
    print(
        f"  {count:,} articles in {seconds:.0f} s, {count / seconds:.0f}/s on {os.cpu_count()} cores; "
        f"processor {processor:.0f} s, {processor / count * 1000:.2f} ms an article"
    )
    print(f"  peak memory: {memory.own / 1e6:.0f} MB of their own, {peak / 1e6:.0f} MB with mapped files")
    print(f"  segments: {written} written, {left} left")
    return report


def print_sizes(index: Path, report: dict[str, object]) -> None:
    """Prints bytes of the index, and of each article."""
    generation, count = index / str(report["generation"]), int(str(report["articles"]))
    sizes = {
        "engine": size_of(generation / "engine"),
        "catalog": sum(path.stat().st_size for path in generation.glob("catalog.sqlite*")),
    }
    for name, size in (*sizes.items(), ("both", sum(sizes.values()))):
        print(f"  {name}: {size / 1e6:.0f} MB, {size / count / 1000:.2f} KB an article")


def queries_of(folder: Path, count: int) -> dict[str, list[str]]:
    """Queries by kind, drawn from the articles."""
    chooser = random.Random(_SEED)
    lines = min(folder.iterdir()).read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in chooser.sample(lines, min(len(lines), 2000))]
    titles = [record["title"] for record in records]
    analyzer = Analyzer()
    words = [word for title in titles for word in analyzer.words(title) if len(word) > 1]
    strings = [
        text[at : at + 8] for text in titles if len(text) > 12 for at in [chooser.randrange(len(text) - 8)]
    ]
    common = "的 是 在 中国 发展 工作 系统 可以 我们 20*".split()
    makers: dict[str, Callable[[], str]] = {
        "a word": lambda: chooser.choice(words),
        "two words": lambda: f"{chooser.choice(words)} {chooser.choice(words)}",
        "a title": lambda: chooser.choice(titles),
        "quoted": lambda: f'"{chooser.choice(strings)}"',
        "OR": lambda: f"{chooser.choice(words)} OR {chooser.choice(words)}",
        "a word and a date": lambda: f"{chooser.choice(words)} date:{chooser.randint(2015, 2024)}",
        "common words": lambda: " ".join(chooser.sample(common, 2)),
    }
    return {kind: [make() for _ in range(count // len(makers))] for kind, make in makers.items()}


def search_all(index: Path, queries: dict[str, list[str]]) -> None:
    """Prints how long searches take in this process, by kind: top ten with snippets and facets, as JSON."""
    accelerate_folding()
    searcher = Searcher(index, SearchSettings())
    for asked in queries.values():
        for query in asked[:20]:
            searcher.search(SearchRequest(query))
    every: list[float] = []
    for kind, asked in queries.items():
        took = []
        for query in asked:
            started = time.thread_time()
            json.dumps(results_json(searcher.search(SearchRequest(query))), ensure_ascii=False)
            took.append((time.thread_time() - started) * 1000)
        every += took
        print(f"  {kind:18} {percentiles(took)}")
    print(f"  {'all':18} {percentiles(every)}")
    searcher.close()


class Asking:
    """Someone who asks a server one thing after the other; `took` has milliseconds, and when they ended."""

    def __init__(self, host: str, queries: list[str]) -> None:
        self.took: list[tuple[float, float]] = []
        self.errors = 0
        self._host = host
        self._queries = queries
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def between(self, start: float, end: float) -> list[float]:
        """Milliseconds of the answers that came in between, by the monotonic clock."""
        return [took for took, at in self.took if start <= at < end]

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _ask(self) -> None:
        number = 0
        while not self._done.wait(_PAUSE):
            number += 1
            started = time.monotonic()
            status, _ = ask(self._host, self._queries[number % len(self._queries)])
            self.errors += status != 200
            self.took.append(((time.monotonic() - started) * 1000, time.monotonic()))


def ask(host: str, query: str) -> tuple[int, dict[str, object]]:
    """Status and answer of a search over HTTP."""
    connection = HTTPConnection(host, timeout=60)
    try:
        connection.request("GET", f"/api/search?q={quote(query)}")
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def find_new(folder: Path, index: Path, options: list[str]) -> None:
    """Prints how soon a new post is found by a running server."""
    with running("serve", "--port", "0", "--index", str(index)) as (_, lines):
        host = address_of(lines)
        new = folder / "新文章.md"
        new.write_text(NEW_POST, encoding="utf-8")
        try:
            started = time.monotonic()
            follow = [*SOUWEN, "index", "--index", str(index), *options]
            subprocess.run(follow, check=True, capture_output=True)
            indexed = time.monotonic()
            while ask(host, _OF_NEW_POST)[1]["total"] != 1:
                time.sleep(0.05)
            found = time.monotonic()
        finally:
            new.unlink()
        print(f"  one new post: indexed after {indexed - started:.1f} s, found after {found - started:.1f} s")
        subprocess.run(follow, check=True, capture_output=True)


def rebuild(folder: Path, index: Path, queries: list[str], options: list[str]) -> None:
    """Prints how a rebuild goes beside a server that is being asked."""
    with running("serve", "--port", "0", "--index", str(index)) as (_, lines):
        host = address_of(lines)
        asking = Asking(host, queries)
        quiet = time.monotonic()
        time.sleep(15)
        new = folder / "新文章.md"
        new.write_text(NEW_POST, encoding="utf-8")
        try:
            started = time.monotonic()
            index_all(folder, index, ["--rebuild", *options])
            while ask(host, _OF_NEW_POST)[1]["total"] != 1:
                time.sleep(0.05)
            ended = time.monotonic()
        finally:
            new.unlink()
            asking.stop()
        print(f"  the server shows the new index {ended - started:.0f} s after the rebuild began")
        print(f"  answers before:  {percentiles(asking.between(quiet, quiet + 15))}")
        print(f"  answers during:  {percentiles(asking.between(started, ended))}; errors: {asking.errors}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("posts", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--queries", type=int, default=1400)
    parser.add_argument("--jobs", type=int)
    arguments = parser.parse_args()
    folder, index = arguments.work / "articles", arguments.work / "index"
    options = ["--jobs", str(arguments.jobs)] if arguments.jobs else []
    for step in arguments.steps:
        print(f"{step}:", flush=True)
        if step == "make":
            write_articles(arguments.posts, folder, arguments.articles)
        elif step == "index":
            shutil.rmtree(index, ignore_errors=True)
            print_sizes(index, index_all(folder, index, options))
        elif step == "query":
            search_all(index, queries_of(folder, arguments.queries))
        elif step == "refresh":
            find_new(folder, index, options)
        else:
            queries = queries_of(folder, arguments.queries)
            rebuild(folder, index, [query for asked in queries.values() for query in asked], options)


if __name__ == "__main__":
    main()
