"""Digests of the small tables of a catalog: those that say what is read and how, and what was noted of it.

They are in the catalog, in the table `sums`, renewed with each commit; catalogs of before have none. A table
that fails its digest keeps the old one, so that it stays a finding until it is mended.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterator

TABLES = ("roots", "field_map", "claims", "problems", "runs")


def damaged_tables(connection: sqlite3.Connection) -> list[str]:
    """The tables that are not what was committed last."""
    recorded = _recorded(connection)
    return [table for table, digest in _digests(connection) if recorded.get(table, digest) != digest]


def record_sums(connection: sqlite3.Connection, damaged: Collection[str] = ()) -> None:
    """Renews the digests, but those of tables that were damaged before. Part of the current transaction."""
    connection.execute("CREATE TABLE IF NOT EXISTS sums (name TEXT PRIMARY KEY, digest BLOB NOT NULL) STRICT")
    rows = [(table, digest) for table, digest in _digests(connection) if table not in damaged]
    connection.executemany("INSERT OR REPLACE INTO sums VALUES (?, ?)", rows)


def _recorded(connection: sqlite3.Connection) -> dict[str, bytes]:
    if not connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = 'sums'").fetchone():
        return {}
    return dict(connection.execute("SELECT name, digest FROM sums"))


def _digests(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    names = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master")}
    for table in TABLES:
        if table in names:
            digest = hashlib.blake2b(digest_size=16)
            for row in connection.execute(f"SELECT * FROM main.{table} ORDER BY rowid"):
                digest.update(repr(row).encode("utf-8", "backslashreplace"))
            yield table, digest.digest()
