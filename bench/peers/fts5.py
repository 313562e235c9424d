"""SQLite's FTS5 with its tokenizer for any substring, `trigram`.

A part of a query is a substring, as people use it. What has fewer than three characters is in no trigram:
such parts are looked for in the articles that have the others, or in all texts, and found without a score.
Where fewer than ten articles have all parts, those with any trigram of them follow.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from base import Answer, Indexed, Record, Stopwatch

_HITS = 10
_FACET_VALUES = 200
_TRIGRAM = 3
_MARKS = "'<mark>', '</mark>'"
_SHORT_PASSAGE = 120
_SCHEMA = """
CREATE TABLE articles (rowid INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE facet_values (id INTEGER PRIMARY KEY, facet TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE facets (article INTEGER, value INTEGER, PRIMARY KEY (article, value)) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5 (title, text, content = 'articles', tokenize = 'trigram');
INSERT INTO found (found, rank) VALUES ('rank', 'bm25(2.0, 1.0)');
"""


class SqlitePeer:
    """FTS5 over the same articles, with tables for facets."""

    name = f"SQLite {sqlite3.sqlite_version}, FTS5 trigram"

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "fts5.sqlite"
        self._connection: sqlite3.Connection | None = None

    def index(self, articles: Iterable[Record]) -> Indexed:
        part = self.directory.with_suffix(".part")
        part.unlink(missing_ok=True)
        started, cpu = time.perf_counter(), time.process_time()
        connection = sqlite3.connect(part)
        connection.executescript(_SCHEMA)
        numbers: dict[tuple[str, str], int] = {}
        for row, (article_id, title, text, *facets) in enumerate(articles, start=1):
            connection.execute("INSERT INTO articles VALUES (?, ?, ?, ?)", (row, article_id, title, text))
            connection.execute("INSERT INTO found (rowid, title, text) VALUES (?, ?, ?)", (row, title, text))
            for pair in zip(facets[::2], facets[1::2], strict=True):
                number = numbers.setdefault(pair, len(numbers) + 1)
                connection.execute("INSERT INTO facets VALUES (?, ?)", (row, number))
        connection.executemany(
            "INSERT INTO facet_values VALUES (?, ?, ?)", [(number, *pair) for pair, number in numbers.items()]
        )
        connection.commit()
        connection.close()
        part.rename(self.directory)
        return Indexed(time.perf_counter() - started, time.process_time() - cpu)

    def search(self, query: str) -> Answer:
        if self._connection is None:
            self._connection = sqlite3.connect(self.directory)
            self._connection.execute("PRAGMA mmap_size = 4000000000")
            self._connection.execute("CREATE TEMP TABLE matches (article INTEGER PRIMARY KEY)")
        watch = Stopwatch()
        parts = [quoted or word for quoted, word in re.findall(r'"([^"]+)"|(\S+)', query)]
        long = " AND ".join(map(_phrase, (part for part in parts if len(part) >= _TRIGRAM)))
        short = [part for part in parts if len(part) < _TRIGRAM]
        total = self._match(long, short)
        facets = self._facets()
        if long:
            within = " AND rowid IN temp.matches" if short else ""
            hits = self._hits(f"found MATCH ?{within}", long)
        else:
            hits = self._unscored(short)
        if total < _HITS and (any_of := _any_trigram(parts)):
            hits += self._hits("found MATCH ? AND rowid NOT IN temp.matches", any_of)[: _HITS - total]
        text = json.dumps({"total": total, "hits": hits, "facets": facets}, ensure_ascii=False)
        return Answer(watch.ms(), total, text)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _match(self, long: str, short: list[str]) -> int:
        """Notes the articles that have all parts; gives their number."""
        assert self._connection is not None
        table, conditions = ("found", ["found MATCH ?"]) if long else ("articles", [])
        # instr() is quicker than LIKE, and does for characters that have no cases.
        for part in short:
            looks = "{0} LIKE '%' || ? || '%'" if part.isascii() else "instr({0}, ?)"
            conditions.append(f"({looks.format('title')} OR {looks.format('text')})")
        values = [*([long] if long else []), *(part for part in short for _ in range(2))]
        self._connection.execute("DELETE FROM temp.matches")
        return self._connection.execute(
            f"INSERT INTO temp.matches SELECT rowid FROM {table} WHERE {' AND '.join(conditions)}", values
        ).rowcount

    def _facets(self) -> dict[str, dict[str, int]]:
        assert self._connection is not None
        counted: dict[str, dict[str, int]] = {}
        rows = self._connection.execute(
            "SELECT facet, facet_values.value, n FROM (SELECT value, count(*) AS n FROM temp.matches "
            "JOIN facets USING (article) GROUP BY value) AS c JOIN facet_values ON c.value = facet_values.id "
            "ORDER BY n DESC"
        )
        for facet, value, count in rows:
            values = counted.setdefault(facet, {})
            if len(values) < _FACET_VALUES:
                values[value] = count
        return counted

    def _hits(self, condition: str, match: str) -> list[dict[str, str]]:
        assert self._connection is not None
        rows = self._connection.execute(
            f"SELECT rowid, highlight(found, 0, {_MARKS}), snippet(found, 1, {_MARKS}, '…', 64) "
            f"FROM found WHERE {condition} ORDER BY rank LIMIT {_HITS}",
            (match,),
        ).fetchall()
        return [{"id": self._id(row), "title": title, "text": text} for row, title, text in rows]

    def _unscored(self, parts: list[str]) -> list[dict[str, str]]:
        """Those with a part in the title first, then the newest in the table."""
        assert self._connection is not None
        rows = self._connection.execute(
            "SELECT id, title, text FROM articles WHERE rowid IN temp.matches "
            f"ORDER BY instr(title, ?) > 0 DESC, rowid DESC LIMIT {_HITS}",
            (parts[0],),
        )
        expression = re.compile("|".join(map(re.escape, parts)), re.IGNORECASE)
        hits = []
        for article_id, title, text in rows:
            first = expression.search(text)
            start = max(0, first.start() - _SHORT_PASSAGE // 2) if first else 0
            passage = text[start : start + _SHORT_PASSAGE]
            marked = (expression.sub(r"<mark>\g<0></mark>", each) for each in (title, passage))
            hits.append(dict(zip(("id", "title", "text"), (article_id, *marked), strict=True)))
        return hits

    def _id(self, row: int) -> str:
        assert self._connection is not None
        return str(self._connection.execute("SELECT id FROM articles WHERE rowid = ?", (row,)).fetchone()[0])


def _phrase(text: str) -> str:
    return f'"{text}"'


def _any_trigram(parts: list[str]) -> str:
    """An expression for each trigram of the parts, any of them."""
    grams = dict.fromkeys(
        part[at : at + _TRIGRAM] for part in parts for at in range(len(part) - _TRIGRAM + 1)
    )
    return " OR ".join(map(_phrase, grams))
