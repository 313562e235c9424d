"""A query in, ranked results out. Imports `index` only.

`open_index` is the library's door, and the one of the command line and the pages (docs/library.md):

>>> from tempfile import TemporaryDirectory
>>> from index.ingest.add import add_articles
>>> folder = TemporaryDirectory()
>>> note = {"id": "n1", "title": "漂浮的图书馆", "text": "一座图书馆停在湖上，读者坐船去借书。"}
>>> add_articles(f"{folder.name}/index", f"{folder.name}/notes", [note]).added
1
>>> with open_index(f"{folder.name}/index") as index:
...     for hit in index.search("坐船 借书").hits:
...         print(hit.article.title, hit.snippets[0].to_html())
漂浮的图书馆 一座图书馆停在湖上，读者<mark>坐船</mark>去<mark>借书</mark>。
>>> folder.cleanup()
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

# Loaded by the first `open_index`: others need a part of this package, and a cold start half a second.
if TYPE_CHECKING:
    from search.searcher import Searcher
    from search.settings import SearchSettings

__all__ = ["open_index"]


def open_index(location: Path | str, settings: SearchSettings | None = None) -> Searcher:
    """An index, in a directory or at the address of a cluster, to be searched until it is closed.

    It is opened at the first call, and followed from then on: what others commit is found within a second.
    `settings` are limits, synonyms and the way to a cluster (docs/settings.md), by default the defaults: no
    environment and no file is read. Thread-safe. Every call raises an error of `index.errors` where there is
    no index (IndexMissingError), or it can't be read.
    """
    from search.searcher import Searcher
    from search.settings import SearchSettings

    return Searcher(location, SearchSettings() if settings is None else settings)
