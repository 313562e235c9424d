"""Checks of a catalog's content: SQLite itself sees whether its pages fit together, not what is in them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from index.article import article_digest
from index.errors import IndexDamagedError
from index.store.catalog import Catalog
from index.store.catalog_file import ADDED, FULL, PRESENT, REMOVED, connect, to_article

# Articles that are read at a time.
_AT_ONCE = 200


def renew_digests(file: Path) -> None:
    """Gives the articles of a catalog that was copied from one of an older format the digests of today: those
    were of fewer fields. Raises IndexDamagedError."""
    # The writer is closed last: it merges its log into the file.
    with closing(connect(file, "mode=rw")) as connection, closing(CheckedCatalog.open(file)) as catalog:
        digests = ((article_digest(article), article.id) for article in catalog.all_articles())
        connection.executemany("UPDATE articles SET digest = ? WHERE id = ?", list(digests))
        connection.commit()


class CheckedCatalog(Catalog):
    """A catalog open for checks."""

    def misfiled(self) -> list[str]:
        """The ids of articles of which the catalog has no file, or that of others; or an unknown state."""
        rows = self._rows(
            "SELECT articles.id FROM articles NOT INDEXED LEFT JOIN files ON files.id = articles.file "
            f"WHERE files.path IS NOT articles.path AND {PRESENT} "
            f"UNION ALL SELECT id FROM unindexed WHERE state NOT IN ({ADDED}, {REMOVED})"
        )
        return [str(row[0]) for row in rows]

    def damaged_articles(self, most: int | None = None) -> Iterator[tuple[int, str]]:
        """Row number and id of the articles that are not what was stored: of `most`, drawn at random; of all
        by default."""
        rowids = [row[0] for row in self._rows(f"SELECT rowid FROM articles WHERE {PRESENT}")]
        if most is not None and most < len(rowids):
            rowids = random.Random(0).sample(rowids, most)
        for start in range(0, len(rowids), _AT_ONCE):
            yield from self._damaged_of(rowids[start : start + _AT_ONCE])

    def _damaged_of(self, rowids: Sequence[int]) -> Iterator[tuple[int, str]]:
        numbers = ",".join(map(str, rowids))
        try:
            rows = self._rows(f"SELECT {FULL}, rowid, digest FROM articles WHERE rowid IN ({numbers})")
        except IndexDamagedError:
            if len(rowids) == 1:  # what isn't UTF-8 can't be read at all
                found = self._rows(f"SELECT CAST(id AS BLOB) FROM articles WHERE rowid = {rowids[0]}")
                yield rowids[0], found[0][0].decode(errors="replace")
                return
            for rowid in rowids:
                yield from self._damaged_of([rowid])
            return
        for row in rows:
            try:
                is_sound = article_digest(to_article(row)) == row[-1]
            except IndexDamagedError:
                is_sound = False
            if not is_sound:
                yield row[-2], str(row[0])
