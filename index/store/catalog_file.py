"""The file of the catalog: tables, connections, and articles in rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from index.article import FIRST_DATE, LAST_DATE, Article, split_categories
from index.errors import IndexDamagedError
from index.packing import unpack_html, unpack_text

ADDED, REMOVED = 1, 2

SCHEMA = """
CREATE TABLE roots (
    name TEXT PRIMARY KEY,
    location TEXT NOT NULL,
    drafts INTEGER NOT NULL DEFAULT 0,      -- 1: drafts are taken in
    reading TEXT NOT NULL DEFAULT ''        -- fingerprint of the rules that its files were read by
) STRICT;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,      -- root name, slash, path inside the root
    size INTEGER NOT NULL,          -- bytes; -1: to be read again, whatever it looks like
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL,           -- of the file's bytes
    ctime_ns INTEGER NOT NULL DEFAULT 0,    -- see FileState
    inode INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    file INTEGER NOT NULL,
    digest BLOB NOT NULL,           -- of all that follows
    path TEXT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    editor TEXT NOT NULL,
    date INTEGER,                   -- seconds since 1970
    categories TEXT NOT NULL,       -- JSON list of levels; of several paths, list of lists
    thumbnail TEXT NOT NULL,
    url TEXT NOT NULL,
    text BLOB NOT NULL,             -- see index/packing.py
    html BLOB NOT NULL,
    tags TEXT NOT NULL              -- JSON list
) STRICT;
-- Changes that the engine may not know of. As a column of `articles`, each commit would write rows twice.
CREATE TABLE unindexed (
    id TEXT PRIMARY KEY,            -- of an article; of one that is removed, there may be none
    state INTEGER NOT NULL          -- 1 added or changed, 2 removed
) STRICT, WITHOUT ROWID;
-- What tells the copies of an article (see index/analysis/sketch.py); apart, to be read fast. In the order in
-- which they come: in that of ids, which are hashes, each would write a page.
CREATE TABLE sketches (id TEXT PRIMARY KEY, sketch BLOB NOT NULL) STRICT;
CREATE TRIGGER sketches_go AFTER DELETE ON articles BEGIN DELETE FROM sketches WHERE id = old.id; END;
-- When each article came in, which an index that is made again keeps. Articles of older catalogs have 0.
CREATE TABLE additions (
    id TEXT PRIMARY KEY,
    added INTEGER NOT NULL          -- seconds since 1970; later for every commit
) STRICT, WITHOUT ROWID;
CREATE INDEX additions_by_time ON additions (added);
CREATE TRIGGER additions_go AFTER DELETE ON articles BEGIN DELETE FROM additions WHERE id = old.id; END;
CREATE INDEX articles_by_url ON articles (url) WHERE url != '';
CREATE INDEX articles_by_file ON articles (file);
CREATE INDEX articles_by_date ON articles (date DESC, id);
-- A file whose article lost its id to one in a file that comes first, by path.
CREATE TABLE claims (id TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (id, file)) STRICT;
CREATE TABLE problems (
    file INTEGER,                   -- NULL: not of a known file
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    kind TEXT NOT NULL              -- see ProblemKind
) STRICT;
CREATE INDEX problems_by_file ON problems (file);
CREATE TABLE runs (
    started REAL NOT NULL,          -- seconds since 1970
    seconds REAL NOT NULL,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL
) STRICT;
"""
# A condition that is true of all articles but those that are removed, and readable until a commit.
PRESENT = (
    f"NOT EXISTS (SELECT 1 FROM unindexed AS gone WHERE gone.id = articles.id AND gone.state = {REMOVED})"
)
LIGHT = "id, path, title, text, x'', author, editor, date, categories, thumbnail, url, tags"
FULL = LIGHT.replace("x''", "html")


def connect(path: Path, mode: str, timeout: float = 10.0) -> sqlite3.Connection:
    """Opens SQLite for any thread; `mode` is the query of the URI (`mode=ro`), `timeout` is seconds."""
    address = f"{path.resolve().as_uri()}?{mode}"
    return sqlite3.connect(address, uri=True, check_same_thread=False, timeout=timeout)


def create_file(path: Path) -> sqlite3.Connection:
    """Creates an empty catalog, open for writing."""
    connection = connect(path, "mode=rwc")
    connection.execute("PRAGMA page_size = 16384")  # bytes; of 4096, an article takes several
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SCHEMA)
    return connection


def to_article(row: Sequence[Any]) -> Article:
    """The article in the columns `FULL` of a row. Raises IndexDamagedError where they can't be read."""
    try:
        categories, other_categories = _categories(row[8])
        tags = _tags(row[11])
        if row[7] is not None and not FIRST_DATE <= row[7] <= LAST_DATE:
            raise ValueError("a date that no calendar has")
        text = row[3] if isinstance(row[3], str) else unpack_text(row[3])  # in older catalogs, as it is
        html = unpack_html(row[4], text)
    except (ValueError, TypeError, RecursionError) as error:
        raise IndexDamagedError("article {id} can't be read: {reason}", id=row[0], reason=error) from None
    return Article(
        id=row[0],
        path=row[1],
        title=row[2],
        text=text,
        html=html,
        author=row[5],
        editor=row[6],
        date=row[7],
        categories=categories,
        other_categories=other_categories,
        thumbnail=row[9],
        url=row[10],
        tags=tags,
    )


# Many articles have the same.
@lru_cache(maxsize=4096)
def _categories(stored: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    categories, other_categories = split_categories(json.loads(stored))
    for names in (categories, *other_categories):
        _check_names(names)
    return categories, other_categories


@lru_cache(maxsize=4096)
def _tags(stored: str) -> tuple[str, ...]:
    tags = tuple(json.loads(stored))
    _check_names(tags)
    return tags


def _check_names(names: Sequence[object]) -> None:
    if not all(isinstance(name, str) for name in names):
        raise ValueError("names that are no text")
