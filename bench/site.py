"""A published search in Chromium, against `souwen search`: the same hits, and what it costs.

    python bench/site.py DATA INDEX [--queries 1000] [--cold 100]

The search of INDEX is written into a temporary folder and asked the mixed queries of bench/latency.py. Totals
and the first ten hits are compared with `souwen search` without folding. Costs are those of `--cold` queries,
each in a window without a cache (the first search of a visitor: page, script, manifest, core, pieces, texts),
then of as many that follow one search in a window each, as a host with ranges sends them, script and manifest
compressed with gzip. Bytes are those of bodies.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.latency import mixed_queries
from index.analysis.document import searched_text
from index.article import Article
from search.request import SearchRequest
from search.searcher import Searcher
from search.settings import SearchSettings
from web.site.folder import write_site
from web.site.page import script
from web.site.writer import make_site

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import NONE_FOUND, find_browser, launch
from static_host import Ranged, hosting

_AT_ONCE = 50
_OPEN = "async () => { globalThis.search = await souwenSite.open(new URL('/', location.origin)); }"
_ASK = """async (queries) => {
  const found = [];
  for (const query of queries) {
    const start = performance.now();
    const { total, isBound, partial, hits } = await search.search(query);
    const titles = hits.map((hit) => [hit.title, hit.date]);
    found.push({ total, isBound, partial, titles, ms: performance.now() - start });
  }
  return found;
}"""


class Counting(Ranged):
    """Counts requests and the bytes of bodies; sends scripts and JSON compressed, as hosts do."""

    requests = 0
    sent = 0

    def do_GET(self) -> None:  # noqa: N802
        """Answers, and counts."""
        path = Path(self.translate_path(self.path))
        cls = type(self)
        cls.requests += 1
        if path.suffix in (".js", ".json", ".xml"):
            data = gzip.compress(path.read_bytes(), 6)
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header(
                "Content-Type", "text/javascript" if path.suffix == ".js" else "application/json"
            )
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            cls.sent += self.wfile.write(data)
            return
        super().do_GET()

    def send_header(self, keyword: str, value: str) -> None:
        """Takes down the length of each body."""
        if keyword == "Content-Length" and not self.path.endswith((".js", ".json", ".xml")):
            type(self).sent += int(value)
        super().send_header(keyword, value)

    @classmethod
    def taken(cls) -> tuple[int, int]:
        """Requests and bytes since the last call."""
        taken = cls.requests, cls.sent
        cls.requests = cls.sent = 0
        return taken


def sizes(articles: list[Article], pieces: int) -> None:
    """Prints the size of all pieces beside that of the texts."""
    texts = [f"{article.title}\n{searched_text(article)}".encode() for article in articles]
    each, together = (
        sum(len(zlib.compress(text, 9)) for text in texts),
        len(zlib.compress(b"\n".join(texts), 9)),
    )
    print(
        f"texts: {sum(map(len, texts)) / 1e6:.1f} MB; compressed: each {each / 1e6:.1f}, "
        f"as one {together / 1e6:.1f}"
    )
    print(f"pieces: {pieces / 1e6:.1f} MB, {pieces / each:.2f} and {pieces / together:.2f} times that")
    print(f"script: {len(script()):,} bytes, {len(gzip.compress(script(), 9)):,} with gzip")


def agreement(page: Page, index: Path, queries: list[str]) -> None:
    """Prints how often totals and the first ten are those of `souwen search`."""
    searcher = Searcher(index, SearchSettings())
    totals = bounds = alike = first = 0
    overlap = 0.0
    for start in range(0, len(queries), _AT_ONCE):
        part = queries[start : start + _AT_ONCE]
        for query, there in zip(part, page.evaluate(_ASK, part), strict=True):
            here = searcher.search(SearchRequest(query, fold="off"))
            titles = [[hit.article.title, hit.article.date] for hit in here.hits]
            totals += here.total == there["total"]
            bounds += there["isBound"]
            same = sum(title in titles for title in there["titles"])
            overlap += same / (max(len(titles), len(there["titles"])) or 1) if titles else not there["titles"]
            alike += sorted(titles, key=str) == sorted(there["titles"], key=str)
            first += titles[:1] == there["titles"][:1]
    count = len(queries)
    print(
        f"{count} queries: total the same {totals / count:.1%} (told as a bound: {bounds}), all of the first "
        f"ten the same {alike / count:.1%}, of the ten {overlap / count:.1%}, first hit {first / count:.1%}"
    )


def costs(browser: Browser, host: str, queries: list[str]) -> None:
    """Prints requests, bytes and milliseconds of first searches, later ones, and those from the cache."""
    found: dict[str, list[tuple[float, ...]]] = {"first": [], "later": [], "cached": []}
    for query in queries:
        context = browser.new_context()
        page = context.new_page()
        Counting.taken()
        page.goto(host)
        page.evaluate(_OPEN)
        took: list[dict[str, Any]] = page.evaluate(_ASK, [query])
        found["first"].append((*Counting.taken(), took[0]["ms"]))
        page.evaluate(_OPEN)  # knows nothing but the core, which is in the cache
        took = page.evaluate(_ASK, [query])
        found["cached"].append((*Counting.taken(), took[0]["ms"]))
        context.close()
        context = browser.new_context()
        page = context.new_page()
        page.goto(host)
        page.evaluate(_OPEN)
        page.evaluate(_ASK, ["的"])
        Counting.taken()
        took = page.evaluate(_ASK, [query])
        found["later"].append((*Counting.taken(), took[0]["ms"]))
        context.close()
    for name, rows in found.items():
        parts = []
        for values, unit in zip(zip(*rows, strict=True), ("requests", "bytes", "ms"), strict=True):
            cuts = statistics.quantiles(values, n=20)
            parts.append(f"{unit} p50 {cuts[9]:,.0f}, p90 {cuts[17]:,.0f}, max {max(values):,.0f}")
        print(f"{name}: {'; '.join(parts)}")


def main() -> None:
    """Runs all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--cold", type=int, default=100)
    parser.add_argument("--site", type=Path, help="where the search is, or is to be written")
    arguments = parser.parse_args()
    program = find_browser()
    if program is None:
        sys.exit(NONE_FOUND)
    queries = mixed_queries(arguments.data, arguments.queries)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.site or Path(temporary)
        searcher = Searcher(arguments.index, SearchSettings())
        with searcher.reader.acquire() as index:
            articles = list(index.articles.all_articles())
            if not (folder / "souwen.json").is_file():
                write_site(make_site(articles, index.analyzer, index.zone), folder)
        manifest = json.loads((folder / "souwen.json").read_bytes())
        assert manifest["articles"] == len(articles)
        sizes(articles, sum(path.stat().st_size for path in (folder / "pieces").iterdir()))
        del articles
        with sync_playwright() as playwright, hosting(folder, Counting) as host:
            browser = launch(playwright, program)
            costs(browser, host, queries[: arguments.cold])
            page = browser.new_page()
            page.goto(host)
            page.evaluate(_OPEN)
            agreement(page, arguments.index, queries)
            browser.close()


if __name__ == "__main__":
    main()
