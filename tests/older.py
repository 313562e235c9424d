"""Makes an index look as an earlier souwen left it: a catalog of format 1 or 2, and its description."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

from archive import Archive

from index.analysis import ANALYSIS_VERSION
from index.packing import unpack_html, unpack_text
from index.store.directory import Generation, IndexDirectory

_CATALOG_1 = """
CREATE TABLE roots (name TEXT PRIMARY KEY, location TEXT NOT NULL) STRICT;
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, file INTEGER NOT NULL, state INTEGER NOT NULL, digest BLOB NOT NULL,
    path TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL, editor TEXT NOT NULL, date INTEGER,
    categories TEXT NOT NULL, thumbnail TEXT NOT NULL, url TEXT NOT NULL, text TEXT NOT NULL,
    html BLOB NOT NULL
) STRICT;
CREATE INDEX articles_by_file ON articles (file);
CREATE INDEX articles_by_date ON articles (date DESC, id);
CREATE INDEX articles_unsettled ON articles (state) WHERE state != 0;
CREATE TABLE claims (id TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (id, file)) STRICT;
CREATE TABLE problems (
    file INTEGER, path TEXT NOT NULL, reason TEXT NOT NULL, lost INTEGER NOT NULL
) STRICT;
CREATE INDEX problems_by_file ON problems (file);
CREATE TABLE runs (
    started REAL NOT NULL, seconds REAL NOT NULL, added INTEGER NOT NULL, changed INTEGER NOT NULL,
    removed INTEGER NOT NULL
) STRICT;
"""
_COPY = """
INSERT INTO roots SELECT name, location FROM today.roots;
INSERT INTO files SELECT id, path, size, mtime_ns, digest FROM today.files;
INSERT INTO articles SELECT id, file, 0, x'01', path, title, author, editor, date, categories, thumbnail,
    url, unpacked(text), html_of(html, text) FROM today.articles;
INSERT INTO claims SELECT * FROM today.claims;
INSERT INTO problems SELECT file, path, reason, kind = 'lost' FROM today.problems ORDER BY rowid;
INSERT INTO runs SELECT * FROM today.runs;
"""


# Format 2 had texts as they are, and the state of an article beside it; all else is as today.
_TO_2 = """
CREATE TABLE before (
    id TEXT PRIMARY KEY, file INTEGER NOT NULL, state INTEGER NOT NULL, digest BLOB NOT NULL,
    path TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL, editor TEXT NOT NULL, date INTEGER,
    categories TEXT NOT NULL, thumbnail TEXT NOT NULL, url TEXT NOT NULL, text TEXT NOT NULL,
    html BLOB NOT NULL, tags TEXT NOT NULL
) STRICT;
INSERT INTO before SELECT id, file, 0, digest, path, title, author, editor, date, categories, thumbnail, url,
    unpacked(text), html_of(html, text), tags FROM articles;
DROP TABLE articles;
DROP TABLE unindexed;
ALTER TABLE before RENAME TO articles;
CREATE INDEX articles_unindexed ON articles (state) WHERE state != 0;
DROP TABLE sketches;
"""


def make_older(archive: Archive) -> None:
    """Takes the live generation back to format 1: without tags, kinds of problems, drafts and readings; its
    digests were of fewer fields."""
    generation = IndexDirectory(archive.directory).current()
    older = generation.path / "older.sqlite"
    with closing(_opened(older)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_CATALOG_1)
        connection.execute("ATTACH ? AS today", (str(generation.catalog_file),))
        connection.executescript(_COPY)
        connection.execute("DETACH today")
    older.replace(generation.catalog_file)
    _describe(generation, 1)


def make_format_2(archive: Archive) -> None:
    """Takes the live generation back to format 2, as it was first: without sketches and additions."""
    generation = IndexDirectory(archive.directory).current()
    with closing(_opened(generation.catalog_file)) as connection:
        connection.executescript(_TO_2)
    _describe(generation, 2)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.create_function("unpacked", 1, unpack_text)
    connection.create_function(
        "html_of", 2, lambda html, text: zlib.compress(unpack_html(html, unpack_text(text)).encode())
    )
    return connection


def _describe(generation: Generation, number: int) -> None:
    description = generation.path / "meta.json"
    meta = json.loads(description.read_text(encoding="utf-8"))
    description.write_text(json.dumps(meta | {"format": number, "analysis": ANALYSIS_VERSION - 1}), "utf-8")
