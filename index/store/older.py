"""Catalogs of older formats: temporary views add what they lack, and the file stays as it is.

A catalog of format 1 has no tags, no kinds of problems (only lost or not), and one category path for each
article. Some of format 2 have no sketches: their text analysis is older, too. SQLite looks a name up among
the temporary views of a connection before it looks in the file, and these can be made where the file can't be
written.
"""

from __future__ import annotations

import sqlite3

from index.store.catalog_file import ADDITIONS

# Columns that older catalogs lack, and what stands for them, by table.
_SINCE = {
    "articles": {"tags": "'[]'"},
    "roots": {"drafts": "0", "reading": "''"},
    "problems": {"kind": "CASE WHEN lost THEN 'lost' ELSE 'partial' END"},
    "files": {"ctime_ns": "0", "inode": "0"},
}
# Nobody knows when articles of such a catalog came in.
OF_BEFORE = "INSERT INTO additions SELECT id, 0 FROM main.articles;"
# Those that a writer adds, where nothing else is lacking: the format is the same.
_ADDED = {"files": ("ctime_ns", "inode")}


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
    if _columns(connection, "articles") and not _columns(connection, "sketches"):
        connection.execute("CREATE TEMP VIEW sketches AS SELECT '' AS id, x'' AS sketch WHERE 0")
        is_older = True
    return is_older


def add_columns(connection: sqlite3.Connection) -> None:
    """Adds the columns and tables that came without a new format."""
    if _columns(connection, "articles") and not _columns(connection, "additions"):
        connection.executescript(f"BEGIN; {ADDITIONS} {OF_BEFORE} COMMIT;")
    for table, names in _ADDED.items():
        for name in set(names) - set(present := _columns(connection, table)):
            if present:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")


def copy_as_current(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copies an older catalog, as of one moment, into an empty one of today's format."""
    source.execute("BEGIN")
    try:
        tables = source.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = _columns(target, table)
            if not columns or table == "sketches":  # those are made anew, with the engine
                continue
            names, values = ", ".join(columns), ", ".join("?" * len(columns))
            order = "id" if table == "additions" else "rowid"
            rows = source.execute(f"SELECT {names} FROM {table} ORDER BY {order}")
            target.executemany(f"INSERT INTO {table} ({names}) VALUES ({values})", rows)
        if "additions" not in {name for (name,) in tables}:
            target.execute(OF_BEFORE)
    finally:
        source.execute("ROLLBACK")
    target.commit()


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Columns of a table of the file; empty where there is no such table."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?, 'main') ORDER BY cid", (table,))
    return [name for (name,) in rows]
