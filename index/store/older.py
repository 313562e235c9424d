"""Catalogs of older formats: read as they are, through views that add what they lack.

A catalog of format 1 has no tags, no kinds of problems (lost or not), and a file's article had one path of
categories. SQLite looks a name up among the temporary views of a connection before it looks in the file, and
these can be made where the file can't be written.
"""

from __future__ import annotations

import sqlite3

# Columns that older catalogs lack, and what stands for them, by table.
_SINCE = {
    "articles": {"tags": "'[]'"},
    "roots": {"drafts": "0", "reading": "''"},
    "problems": {"kind": "CASE WHEN lost THEN 'lost' ELSE 'partial' END"},
}


def show_as_current(connection: sqlite3.Connection) -> bool:
    """Makes a connection to an older catalog read as one to a catalog of today; False where it is one."""
    is_older = False
    for table, since in _SINCE.items():
        present = _columns(connection, table)
        lacking = [f"{value} AS {name}" for name, value in since.items() if name not in present]
        if present and lacking:
            columns = ", ".join(["rowid", "*", *lacking])
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table}")
            is_older = True
    return is_older


def copy_as_current(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copies all that an older catalog has, as of one moment, into an empty one of today."""
    source.execute("BEGIN")
    try:
        tables = source.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = _columns(target, table)
            if not columns:
                continue
            names, values = ", ".join(columns), ", ".join("?" * len(columns))
            rows = source.execute(f"SELECT {names} FROM {table} ORDER BY rowid")
            target.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)
    finally:
        source.execute("ROLLBACK")
    target.commit()


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table of the file; none where it has no such table."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?, 'main') ORDER BY cid", (table,))
    return [name for (name,) in rows]
