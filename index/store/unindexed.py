"""Changes that the engine may not know of yet, as the writer of a catalog notes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from index.store.catalog_file import ADDED, REMOVED

_REMOVED_IDS = f"SELECT id FROM unindexed WHERE state = {REMOVED}"


class Unindexed:
    """Notes changes in the table `unindexed`, in the current transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def state(self, article_id: str) -> int | None:
        """`ADDED` or `REMOVED`; None of what the engine knows."""
        sql = "SELECT state FROM unindexed WHERE id = ?"
        row = self._connection.execute(sql, (article_id,)).fetchone()
        return row[0] if row else None

    def note(self, article_id: str, state: int) -> None:
        """Notes that an article was stored, or is removed."""
        self._connection.execute("INSERT OR REPLACE INTO unindexed VALUES (?, ?)", (article_id, state))

    def note_unsure(self, article_ids: Iterable[str]) -> None:
        """Notes articles as possibly missing from the engine, and ids without an article as possibly stale
        there."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO unindexed "
            f"SELECT ?1, iif(EXISTS (SELECT 1 FROM articles WHERE id = ?1), {ADDED}, {REMOVED})",
            ((article_id,) for article_id in article_ids),
        )

    def note_all(self) -> None:
        """Notes all articles as stored, for a new engine; those that are removed go at once."""
        self.drop_removed()
        self._connection.execute("DELETE FROM unindexed")
        self._connection.execute(f"INSERT INTO unindexed SELECT id, {ADDED} FROM articles ORDER BY id")

    def drop_removed(self) -> None:
        """Deletes the articles that the engine no longer has."""
        self._connection.execute(f"DELETE FROM articles WHERE id IN ({_REMOVED_IDS})")
