"""Taking in a catalog that somebody else made: of a backup, nothing is believed but what is checked.

Its rows are copied into a new, empty catalog, whose tables are strict about types; so views, triggers and
whatever else the file may have stay behind. Folders come without their locations: whoever restores a backup
says what is read.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from index.errors import IndexDamagedError
from index.store.catalog_file import connect, create_file
from index.store.older import copy_as_current, show_as_current

_NEEDED = {"roots", "files", "articles", "claims", "problems", "runs"}
_FIELD_MAP = "CREATE TABLE field_map (field TEXT NOT NULL, key TEXT NOT NULL) STRICT"
# Kinds of columns of which nothing is stored, in the numbers of SQLite.
_COMPUTED = (2, 3)
# Bytes of a row.
_MOST_VALUE = 500_000_000


def take_in(source: Path, target: Path) -> dict[str, str]:
    """Copies a catalog to a new file; gives the locations that its folders had, by name.

    Raises IndexDamagedError where the source is no catalog, OSError where the target can't be written.
    """
    try:
        with closing(connect(source, "mode=ro")) as untrusted, closing(create_file(target)) as made:
            untrusted.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE)
            untrusted.execute("PRAGMA trusted_schema = OFF")
            untrusted.execute("PRAGMA cell_size_check = ON")
            _check_schema(untrusted)
            (found,) = untrusted.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise IndexDamagedError("{file}: can't be read: {reason}", file=source, reason=found)
            made.execute(_FIELD_MAP)
            show_as_current(untrusted)
            copy_as_current(untrusted, made)
            folders = dict(made.execute("SELECT name, location FROM roots"))
            made.execute("UPDATE roots SET location = ''")
            made.execute("DELETE FROM articles WHERE id = ''")
            made.commit()
            return folders
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
            raise OSError(28, "No space left on device", str(target)) from error
        raise IndexDamagedError("{file}: can't be read: {reason}", file=source, reason=error) from error


def _check_schema(connection: sqlite3.Connection) -> None:
    """Raises IndexDamagedError where the tables are not those of a catalog."""
    tables: set[str] = set()
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        # Triggers are not copied, and reading sets none off.
        is_plain = kind in ("index", "trigger") or (kind == "table" and "VIRTUAL" not in str(sql).upper())
        if not is_plain:
            raise _no_catalog(f"it has the {kind} {name}")
        if kind == "table":
            columns = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
            if any(hidden in _COMPUTED for (hidden,) in columns):
                raise _no_catalog(f"the table {name} has computed columns")
            tables.add(str(name))
    if missing := sorted(_NEEDED - tables):
        raise _no_catalog(f"it has no table {missing[0]}")


def _no_catalog(reason: str) -> IndexDamagedError:
    return IndexDamagedError("{file}: can't be read: {reason}", file="catalog.sqlite", reason=reason)
