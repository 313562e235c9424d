"""Catalogs of older formats: temporary views add what they lack, and the file stays as it is.

A catalog of format 1 has no tags, no kinds of problems (only lost or not), and one category path for each
article. Some of format 2 have no sketches, and do not know when articles came in. Both have texts as they
are, and what is not yet indexed in a column of the articles. SQLite looks a name up among the temporary views
of a connection before it looks in the file, and these can be made where the file can't be written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from index.packing import pack_text

# Columns that older catalogs lack, and what stands for them, by table.
_SINCE = {
    "articles": {"tags": "'[]'"},
    "roots": {"drafts": "0", "reading": "''"},
    "problems": {"kind": "CASE WHEN lost THEN 'lost' ELSE 'partial' END"},
    "files": {"ctime_ns": "0", "inode": "0"},
}
# Tables that they lack, and what stands for them. Nobody knows when their articles came in.
_TABLES = {
    "sketches": "SELECT '' AS id, x'' AS sketch WHERE 0",
    "additions": "SELECT id, 0 AS added FROM main.articles",
    "unindexed": "SELECT id, state FROM main.articles WHERE state != 0",
}


def show_as_current(connection: sqlite3.Connection) -> bool:
    """Makes a connection to an older catalog read like one of today's format; returns False where it
    already is."""
    is_older = False
    for table, since in _SINCE.items():
        present = _columns(connection, table)
        lacking = [f"{value} AS {name}" for name, value in since.items() if name not in present]
        if present and lacking:
            columns = ", ".join(["rowid", "*", *lacking])
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table}")
            is_older = True
    for table, rows in _TABLES.items():
        if _columns(connection, "articles") and not _columns(connection, table):
            connection.execute(f"CREATE TEMP VIEW {table} AS {rows}")
            is_older = True
    return is_older


def copy_as_current(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copies an older catalog, as of one moment, into an empty one of today's format."""
    source.execute("BEGIN")
    try:
        tables = source.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for table in sorted({name for (name,) in tables} | _TABLES.keys()):
            columns = _columns(target, table)
            if not columns or table == "sketches":  # those are made anew, with the engine
                continue
            names, values = ", ".join(columns), ", ".join("?" * len(columns))
            order = "id" if table in _TABLES else "rowid"
            rows = source.execute(f"SELECT {names} FROM {table} ORDER BY {order}")
            target.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", _current(rows, columns))
    finally:
        source.execute("ROLLBACK")
    target.commit()


def _current(rows: sqlite3.Cursor, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows with their texts packed."""
    if "text" not in columns:
        yield from rows
        return
    at = columns.index("text")
    for row in rows:
        text = pack_text(row[at]) if isinstance(row[at], str) else row[at]
        yield (*row[:at], text, *row[at + 1 :])


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Columns of a table of the file; empty where there is no such table."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?, 'main') ORDER BY cid", (table,))
    return [name for (name,) in rows]
