"""A published search beside Pagefind and one search.xml, on the same articles, in Chromium.

    npm install pagefind
    python bench/site_peers.py INDEX FOLDER [--queries 40]

FOLDER gets a page for each article with Pagefind's index (made if it isn't there), the `search.xml` that
hexo-generator-search writes, and souwen's search. Asked are strings of four characters from the middle of
articles, by a fixed seed: how many bring an article that has the string, what a first search and a later one
take (requests, and bytes of bodies; search.xml and scripts with gzip), each in a window of its own.
"""

from __future__ import annotations

import argparse
import gzip
import html
import random
import re
import statistics
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from playwright.sync_api import Browser, sync_playwright

from bench.site import Counting, hosting
from index.article import Article
from search.searcher import Searcher
from search.settings import SearchSettings
from web.site.folder import write_site
from web.site.writer import make_site

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import NONE_FOUND, find_browser, launch

# For each search how it is opened, and how it is asked for the titles of the first ten hits.
SEARCHES = {
    "souwen": (
        """async () => { await import("/search/souwen-site.js");
           globalThis.search = await souwenSite.open(new URL("/search/", location.origin)); }""",
        """async (query) => (await search.search(`"${query}"`)).hits.map((hit) => hit.title)""",
    ),
    "Pagefind": (
        """async () => {
           globalThis.search = await import("/pagefind/pagefind.js"); await search.init(); }""",
        """async (query) => { const { results } = await search.search(query);
           const pages = await Promise.all(results.slice(0, 10).map((each) => each.data()));
           return pages.map((page) => page.meta.title); }""",
    ),
    "search.xml": (
        """async () => { const text = await (await fetch("/search.xml")).text();
           const xml = new DOMParser().parseFromString(text, "text/xml");
           globalThis.entries = [...xml.querySelectorAll("entry")]
             .map((entry) => ["title", "content"].map((name) => entry.querySelector(name).textContent))
             .map(([title, text]) => [title, text.replace(/<[^>]+>/g, "")]); }""",
        """async (query) =>
             entries.filter(([, text]) => text.includes(query)).slice(0, 10).map(([title]) => title)""",
    ),
}


def publish(articles: list[Article], folder: Path) -> None:
    """Writes pages and search.xml, and lets Pagefind index the pages."""
    (folder / "posts").mkdir(parents=True, exist_ok=True)
    entries = []
    for number, article in enumerate(articles):
        title = html.escape(article.title)
        text = "".join(f"<p>{html.escape(line)}</p>" for line in article.text.split("\n"))
        (folder / "posts" / f"{number}.html").write_text(
            f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title></head>'
            f"<body><main data-pagefind-body><h1>{title}</h1>{text}</main></body></html>",
            encoding="utf-8",
        )
        entries.append(
            f'<entry><title>{escape(article.title)}</title><link href="/posts/{number}.html"/>'
            f'<url>/posts/{number}.html</url><content type="html"><![CDATA[{text}]]></content></entry>\n'
        )
    xml = f'<?xml version="1.0" encoding="utf-8"?>\n<search>\n{"".join(entries)}</search>\n'
    (folder / "search.xml").write_text(re.sub(r"[\0-\x08\x0b\x0c\x0e-\x1f]", "", xml), encoding="utf-8")
    subprocess.run(["npx", "pagefind", "--site", str(folder)], check=True)


def strings(articles: list[Article], count: int) -> list[str]:
    """Four Han characters from the middle of articles."""
    chooser = random.Random(20261128)
    found: list[str] = []
    while len(found) < count:
        stretches = re.findall(r"[\u4e00-\u9fff]{8,}", chooser.choice(articles).text)
        if stretches:
            stretch = chooser.choice(stretches)
            start = chooser.randint(2, len(stretch) - 6)
            found.append(stretch[start : start + 4])
    return found


def measure(browser: Browser, host: str, name: str, queries: list[str], articles: list[Article]) -> None:
    """Prints what a search finds and costs."""
    opens, asks = SEARCHES[name]
    having = {query: {each.title for each in articles if query in each.text} for query in queries}
    right = 0
    first: list[tuple[int, int]] = []
    later: list[tuple[int, int]] = []
    for query, after in zip(queries, [*queries[1:], queries[0]], strict=True):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{host}posts/0.html")
        Counting.taken()
        page.evaluate(opens)
        titles = page.evaluate(asks, query)
        first.append(Counting.taken())
        page.evaluate(asks, after)
        later.append(Counting.taken())
        context.close()
        right += bool(having[query].intersection(titles))
    for kind, rows in (("first", first), ("later", later)):
        requests, sent = (statistics.median(values) for values in zip(*rows, strict=True))
        print(f"{name:10} {kind}: requests {requests:.0f}, bytes {sent:,.0f} (medians)")
    print(f"{name:10} an article with the string is among the first ten: {right} of {len(queries)}")


def main() -> None:
    """Publishes where needed, and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=40)
    arguments = parser.parse_args()
    program = find_browser()
    if program is None:
        sys.exit(NONE_FOUND)
    with Searcher(arguments.index, SearchSettings()).reader.acquire() as index:
        articles = list(index.articles.all_articles())
        if not (arguments.folder / "pagefind").is_dir():
            publish(articles, arguments.folder)
        if not (arguments.folder / "search" / "souwen.json").is_file():
            write_site(make_site(articles, index.analyzer, index.zone), arguments.folder / "search")
    for name in ("search", "pagefind"):
        size = sum(path.stat().st_size for path in (arguments.folder / name).rglob("*") if path.is_file())
        print(f"{name}/: {size / 1e6:.1f} MB")
    data = (arguments.folder / "search.xml").read_bytes()
    print(f"search.xml: {len(data) / 1e6:.1f} MB, with gzip {len(gzip.compress(data, 6)) / 1e6:.1f}")
    queries = strings(articles, arguments.queries)
    with sync_playwright() as playwright, hosting(arguments.folder, Counting) as host:
        browser = launch(playwright, program)
        for name in SEARCHES:
            measure(browser, host, name, queries if name != "search.xml" else queries[:5], articles)
        browser.close()


if __name__ == "__main__":
    main()
