"""When each article came into the index, as its writer records it: the table `additions`."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable


class Arrivals:
    """Records arrivals in the current transaction. Those of a later transaction are later, if only by a
    second, so that a reader who has seen all up to a time misses nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._now = 0

    def note(self, article_id: str) -> None:
        """Records the arrival of an article that is new."""
        if not self._now:
            ((last,),) = self._connection.execute("SELECT coalesce(max(added), 0) FROM additions").fetchall()
            self._now = max(int(time.time()), last + 1)
        self._connection.execute("INSERT OR IGNORE INTO additions VALUES (?, ?)", (article_id, self._now))

    def end(self) -> None:
        """Ends a transaction."""
        self._now = 0

    def keep(self, before: Iterable[tuple[str, int]]) -> None:
        """Takes over the arrivals of the index before, by article id."""
        self._connection.executemany("INSERT OR REPLACE INTO additions VALUES (?, ?)", before)

    def drop_lost(self) -> None:
        """Forgets the arrivals of articles that are not there any more."""
        self._connection.execute("DELETE FROM additions WHERE id NOT IN (SELECT id FROM articles)")
