"""The peer: search over posts as people write it with Whoosh and jieba, one field.

python bench/peer.py POSTS INDEX [--limit N]     indexes, and prints posts/s
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from jieba.analyse import ChineseAnalyzer
from whoosh import fields, index
from whoosh.qparser import OrGroup, QueryParser

# Path (or id), title and text.
Record = tuple[str, str, str]


def read_post(path: Path) -> tuple[str, str]:
    """Title and text of a post."""
    _, head, body = path.read_text(encoding="utf-8", errors="replace").split("---", 2)
    title = str(yaml.safe_load(head).get("title", ""))
    return title, BeautifulSoup(body, "lxml").get_text("\n")


def read_posts(paths: Iterable[Path]) -> Iterator[Record]:
    """The posts that can be read."""
    for path in paths:
        try:
            yield str(path), *read_post(path)
        except (ValueError, yaml.YAMLError):
            continue


def build(records: Iterable[Record], directory: Path) -> float:
    """Indexes records; gives the seconds that took."""
    schema = fields.Schema(
        path=fields.ID(stored=True), content=fields.TEXT(analyzer=ChineseAnalyzer(), stored=True)
    )
    directory.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    writer = index.create_in(str(directory), schema).writer(limitmb=256)
    for path, title, text in records:
        writer.add_document(path=path, content=f"{title}\n{text}")
    writer.commit()
    return time.perf_counter() - started


def search(opened: index.Index, text: str, limit: int = 10) -> list[str]:
    """The paths of the best posts for a query."""
    parser = QueryParser("content", opened.schema, group=OrGroup)
    with opened.searcher() as searcher:
        return [hit["path"] for hit in searcher.search(parser.parse(text), limit=limit)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("posts", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--limit", type=int, default=1000)
    arguments = parser.parse_args()
    posts = sorted(arguments.posts.rglob("*.md"))
    step = max(1, len(posts) // arguments.limit)
    chosen = posts[::step][: arguments.limit]
    seconds = build(read_posts(chosen), arguments.index)
    print(f"peer: {len(chosen)} posts in {seconds:.1f} s, {len(chosen) / seconds:.0f} posts/s")


if __name__ == "__main__":
    main()
