"""Writer of the catalog: replaces the articles of a file by those of its current content."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from index.article import Article, Problem, ProblemKind, joined_categories
from index.files import FileState
from index.packing import PackedArticle, pack
from index.store.arrivals import Arrivals
from index.store.catalog import Catalog, Change
from index.store.catalog_file import ADDED, PRESENT, REMOVED, create_file
from index.store.sums import damaged_tables, record_sums
from index.store.unindexed import Unindexed

# Runs that are remembered; `souwen stats` shows the last of them.
_RUNS_KEPT = 1000
_TWICE = "id {!r} is used twice in this file"


class CatalogWriter(Catalog):
    """A catalog open for its one writer. Changes form one transaction until `commit`."""

    MODES = ("mode=rw",)
    # Not where the engine keeps the articles.
    keeps_texts = True

    def __init__(
        self, connection: sqlite3.Connection, path: Path, state: tuple[int, int, int] | None = None
    ) -> None:
        super().__init__(connection, path, state)
        self._refused: set[int] = set()  # files with an article that the engine did not take
        self._damaged = damaged_tables(connection)
        self._unindexed = Unindexed(connection)
        self.arrivals = Arrivals(connection)

    @classmethod
    def create(cls, path: Path) -> CatalogWriter:
        """A new, empty catalog."""
        return cls(create_file(path), path)

    def set_roots(
        self, roots: dict[str, Path], *, drafts: bool = False, forgotten: Iterable[str] = ()
    ) -> None:
        """Replaces the folders that this index follows. Those that came with a backup and are not followed
        stay so, unless they are forgotten."""
        readings = self.readings()
        unfollowed = self.unfollowed() - roots.keys() - set(forgotten)
        self._connection.execute("DELETE FROM roots")
        rows = [(name, "", drafts, readings[name]) for name in unfollowed]
        rows += [(name, str(location), drafts, readings.get(name, "")) for name, location in roots.items()]
        self._connection.executemany("INSERT INTO roots VALUES (?, ?, ?, ?)", rows)

    def set_reading(self, reading: str) -> None:
        """Records the rules by which the files of all folders were read."""
        self._connection.execute("UPDATE roots SET reading = ? WHERE location != ''", (reading,))

    def replace_file(
        self, state: FileState, digest: str, articles: Sequence[PackedArticle], problems: Iterable[Problem]
    ) -> Change:
        """Replaces the articles and problems of a file."""
        is_new = self._file(state.path) is None
        file, noted = self._touch(state, digest), list(problems)
        before = set() if is_new else self._take_back(file)
        kept: set[str] = set()
        added: set[str] = set()
        changed: set[str] = set()
        for packed in articles:
            article_id = packed.article.id
            if article_id in kept:
                noted.append(Problem(state.path, _TWICE.format(article_id), ProblemKind.LOST))
            elif self._take_in(packed, file, added, changed, noted):
                kept.add(article_id)
        removed = before - kept
        self._flag_as_removed(removed)
        self._note(file, noted)
        return Change(frozenset(added), frozenset(changed), frozenset(removed))

    def replace_part(
        self,
        state: FileState,
        digest: str,
        articles: Sequence[PackedArticle],
        problems: Iterable[Problem],
        *,
        is_first: bool,
        is_last: bool,
    ) -> Change:
        """Stores a part of the current content of a large file.

        Articles that it no longer has are removed with the last part; until then the file counts as to be
        read again, in case the run is interrupted.
        """
        if is_first:
            self._begin_parts(self._touch(FileState(state.path, -1, state.mtime_ns), ""))
        file, noted = self._file(state.path), list(problems)
        assert file is not None
        added: set[str] = set()
        changed: set[str] = set()
        for packed in articles:
            article_id = packed.article.id
            if not self._connection.execute("INSERT OR IGNORE INTO kept VALUES (?)", (article_id,)).rowcount:
                noted.append(Problem(state.path, _TWICE.format(article_id), ProblemKind.LOST))
            else:
                self._take_in(packed, file, added, changed, noted)
        removed = self._end_parts(file, state, digest) if is_last else frozenset()
        self._note(file, noted)
        return Change(frozenset(added), frozenset(changed), removed)

    def _begin_parts(self, file: int) -> None:
        self._refused.clear()
        self._connection.execute("DROP TABLE IF EXISTS temp.kept")
        self._connection.execute("CREATE TEMP TABLE kept (id TEXT PRIMARY KEY) WITHOUT ROWID")
        for table in ("problems", "claims"):
            self._connection.execute(f"DELETE FROM {table} WHERE file = ?", (file,))

    def _end_parts(self, file: int, state: FileState, digest: str) -> frozenset[str]:
        rows = self._connection.execute(
            f"SELECT id FROM articles WHERE file = ? AND {PRESENT} AND id NOT IN (SELECT id FROM kept)",
            (file,),
        )
        removed = frozenset(row[0] for row in rows)
        self._flag_as_removed(removed)
        self._connection.execute("DROP TABLE temp.kept")
        if file not in self._refused:
            self._touch(state, digest)
        return removed

    def set_field_map(self, field_map: Mapping[str, Sequence[str]], suffixes: Iterable[str]) -> None:
        """Records the field names of records. If they are new, files of records (with one of the suffixes)
        will be read again."""
        if field_map == self.field_map():
            return
        self._connection.execute("DROP TABLE IF EXISTS field_map")  # older catalogs have none
        self._connection.execute("CREATE TABLE field_map (field TEXT NOT NULL, key TEXT NOT NULL) STRICT")
        rows = [(name, key) for name, keys in field_map.items() for key in keys]
        self._connection.executemany("INSERT INTO field_map VALUES (?, ?)", rows)
        for suffix in suffixes:
            sql = "UPDATE files SET size = -1 WHERE lower(path) LIKE ?"
            self._connection.execute(sql, (f"%{suffix}",))

    def _take_back(self, file: int) -> set[str]:
        """Removes the records of a known file; returns the ids of its articles."""
        self._connection.execute("DELETE FROM problems WHERE file = ?", (file,))
        self._connection.execute("DELETE FROM claims WHERE file = ?", (file,))
        sql = f"SELECT id FROM articles WHERE file = ? AND {PRESENT}"
        return {row[0] for row in self._connection.execute(sql, (file,))}

    def keep_file(self, path: str, problem: Problem) -> None:
        """Records that a file can't be read now: its articles stay, and the next run tries again."""
        file = self._file(path)
        file = self._touch(FileState(path, -1, 0), "") if file is None else file
        self._connection.execute("UPDATE files SET size = -1 WHERE id = ?", (file,))
        self._connection.execute("DELETE FROM problems WHERE file = ?", (file,))
        held = self._connection.execute("SELECT 1 FROM articles WHERE file = ? LIMIT 1", (file,)).fetchone()
        if held:
            problem = Problem(path, f"{problem.reason}; what it held before is kept", ProblemKind.PARTIAL)
        self._note(file, [problem])

    def touch_file(self, state: FileState, digest: str) -> None:
        """Records the new state of a file whose content is the same. A file to be read again, because an
        id has become free, stays so."""
        self._connection.execute(
            "UPDATE files SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, digest = ? "
            "WHERE path = ? AND size != -1",
            (state.size, state.mtime_ns, state.ctime_ns, state.inode, digest, state.path),
        )

    def remove_file(self, path: str) -> frozenset[str]:
        """Removes a file with its articles; returns their ids."""
        file = self._file(path)
        if file is None:
            return frozenset()
        ids = frozenset(self._take_back(file))
        self._flag_as_removed(ids)
        self._connection.execute("DELETE FROM files WHERE id = ?", (file,))
        return ids

    def set_other_problems(self, problems: Iterable[Problem]) -> None:
        """Replaces the problems that belong to no known file."""
        self._connection.execute("DELETE FROM problems WHERE file IS NULL")
        self._note(None, problems)

    def record_run(self, started: float, seconds: float, added: int, changed: int, removed: int) -> None:
        """Records a run that changed something."""
        self._connection.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (started, seconds, added, changed, removed)
        )
        last = f"SELECT max(rowid) - {_RUNS_KEPT} FROM runs"
        self._connection.execute(f"DELETE FROM runs WHERE rowid <= ({last})")

    def flag_all_as_unindexed(self) -> None:
        """Flags all articles as not yet indexed, for a new engine."""
        self._unindexed.note_all()
        self.commit()

    def flag_as_unindexed(self, article_ids: Iterable[str]) -> None:
        """Flags articles as possibly missing from the engine, and ids without an article as possibly stale
        there."""
        self._unindexed.note_unsure(article_ids)
        self.commit()

    def reread_unindexed(self) -> None:
        """Makes the next run read the files of unindexed articles again, whose texts are not in the
        catalog."""
        of_articles = f"WHERE id IN (SELECT id FROM unindexed WHERE state = {ADDED})"
        self._connection.execute(
            f"UPDATE files SET size = -1 WHERE id IN (SELECT file FROM articles {of_articles})"
        )
        self._connection.execute(f"UPDATE articles SET digest = x'' {of_articles}")
        self._connection.execute(f"DELETE FROM unindexed WHERE state = {ADDED}")
        self.commit()

    def store_sketch(self, article_id: str, sketch: bytes) -> None:
        """Stores the sketch of an article beside it, where its text is."""
        if self.keeps_texts:
            self._connection.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?)", (article_id, sketch))

    def flag_as_indexed(self) -> None:
        """Records that the engine has committed all changes."""
        self._unindexed.drop_removed()
        if not self.keeps_texts:
            self._connection.execute("DELETE FROM sketches")
            self._connection.execute(
                "UPDATE articles SET text = x'', html = x'' WHERE id IN (SELECT id FROM unindexed)"
            )
        self._connection.execute("DELETE FROM unindexed")
        self.commit()

    def refuse(self, article_id: str, reason: str) -> None:
        """Removes an article that the engine refused, and records the reason. The next run reads its file
        again."""
        row = self._connection.execute(
            "SELECT articles.file, files.path FROM articles JOIN files ON files.id = articles.file "
            "WHERE articles.id = ?",
            (article_id,),
        ).fetchone()
        if row is None:
            return
        for table in ("articles", "unindexed"):
            self._connection.execute(f"DELETE FROM {table} WHERE id = ?", (article_id,))
        self._connection.execute("UPDATE files SET size = -1 WHERE id = ?", (row[0],))
        self._refused.add(row[0])
        self._note(
            row[0], [Problem(row[1], f"article {article_id!r} was refused: {reason}", ProblemKind.LOST)]
        )

    def compare(self, there: Mapping[str, str]) -> set[str]:
        """Compares the articles with those of an engine, given as digests by id. Files of articles missing
        there will be read again. Returns the ids that the engine has too many."""
        here = self.indexed_digests()
        for article_id, digest in here.items():
            if there.get(article_id) != digest:
                self._connection.execute("UPDATE articles SET digest = x'' WHERE id = ?", (article_id,))
                self._connection.execute(
                    "UPDATE files SET size = -1 WHERE id = (SELECT file FROM articles WHERE id = ?)",
                    (article_id,),
                )
        known = self._connection.execute("SELECT id FROM articles UNION SELECT id FROM unindexed")
        return there.keys() - {row[0] for row in known}

    def restore(self, articles: Iterable[Article]) -> None:
        """Restores texts from an engine that keeps articles. Articles that are not in the catalog are
        ignored."""
        for article in articles:
            packed = pack(article)
            self._connection.execute(
                "UPDATE articles SET text = ?, html = ? WHERE id = ?", (packed.text, packed.html, article.id)
            )
        self.commit()

    def distrust(self, article_ids: Iterable[str]) -> None:
        """Notes that articles are not what was stored: their files are read again, and what an engine has of
        them stays until then."""
        for article_id in article_ids:
            for sql in (
                "UPDATE articles SET digest = x'', file = "
                "coalesce((SELECT files.id FROM files WHERE files.path = articles.path), file) WHERE id = ?",
                "UPDATE files SET size = -1 WHERE id = (SELECT file FROM articles WHERE id = ?)",
            ):
                self._connection.execute(sql, (article_id,))

    def distrusted(self) -> set[str]:
        """The ids of those articles."""
        return {row[0] for row in self._rows("SELECT id FROM articles WHERE digest = x''")}

    def reindex_itself(self) -> None:
        """Makes the indexes of SQLite anew from its tables. Raises IndexDamagedError where that fails."""
        self._rows("REINDEX")

    def mend_tables(self) -> list[str]:
        """Makes up for small tables that are not what was committed, as far as the files tell; gives their
        names. Raises IndexDamagedError where they say what the folders are."""
        self.check_roots()
        damaged, self._damaged = self._damaged, []
        for table in damaged:
            self._connection.execute(f"DELETE FROM {table}")
            if table != "runs":
                self._connection.execute("UPDATE files SET size = -1")
        return damaged

    def commit(self) -> None:
        """Ends the transaction."""
        if self._connection.in_transaction:
            record_sums(self._connection, self._damaged)
        self._connection.commit()
        self.arrivals.end()

    def _take_in(
        self, packed: PackedArticle, file: int, added: set[str], changed: set[str], noted: list[Problem]
    ) -> bool:
        """Stores an article of a file, if it is not what there is, and notes its id; False where another file
        has that."""
        article_id = packed.article.id
        sql = "SELECT file, path, digest FROM articles WHERE id = ?"
        held = self._connection.execute(sql, (article_id,)).fetchone()
        state = self._unindexed.state(article_id)
        if held is None and state is None:  # the engine has no document with this id
            added.add(article_id)
            self._store(packed, file)
            return True
        other_file, other_path, digest = held or (file, "", b"")
        is_removed = state == REMOVED
        is_elsewhere = other_file != file and not is_removed
        if is_elsewhere and not self._wins(packed, file, other_file, other_path, noted):
            return False
        if is_removed or (other_file, digest) != (file, packed.digest):
            changed.add(article_id)
            self._store(packed, file)
        return True

    def _wins(
        self, packed: PackedArticle, file: int, other_file: int, other_path: str, noted: list[Problem]
    ) -> bool:
        """True if an article gets the id that another file has, too: of two, the first by path has it."""
        article_id, path = packed.article.id, packed.article.path
        wins = path < other_path
        loser, loser_path, winner_path = (other_file, other_path, path) if wins else (file, path, other_path)
        self._connection.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (article_id, loser))
        reason = f"id {article_id!r} is also used in {winner_path}, which is indexed"
        problem = Problem(loser_path, reason, ProblemKind.LOST)
        if wins:
            self._note(loser, [problem])
        else:
            noted.append(problem)
        return wins

    def _store(self, packed: PackedArticle, file: int) -> None:
        article = packed.article
        self.arrivals.note(article.id)
        self._unindexed.note(article.id, ADDED)
        self._connection.execute(
            f"INSERT OR REPLACE INTO articles VALUES ({','.join('?' * 14)})",
            (
                article.id,
                file,
                packed.digest,
                article.path,
                article.title,
                article.author,
                article.editor,
                article.date,
                json.dumps(joined_categories(article), ensure_ascii=False),
                article.thumbnail,
                article.url,
                packed.text if self.keeps_texts else b"",
                packed.html if self.keeps_texts else b"",
                json.dumps(article.tags, ensure_ascii=False),
            ),
        )

    def _flag_as_removed(self, ids: Iterable[str]) -> None:
        for article_id in ids:
            self._unindexed.note(article_id, REMOVED)
            # Files that wanted this id are to be read again.
            self._connection.execute(
                "UPDATE files SET size = -1 WHERE id IN (SELECT file FROM claims WHERE id = ?)", (article_id,)
            )

    def _file(self, path: str) -> int | None:
        """The number of a known file."""
        row = self._connection.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def _touch(self, state: FileState, digest: str) -> int:
        # An upsert would keep copies of the pages that it changes, in a temporary file.
        file, look = self._file(state.path), (state.size, state.mtime_ns, digest, state.ctime_ns, state.inode)
        if file is None:
            insert = "INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?, ?)"
            return int(self._connection.execute(insert, (state.path, *look)).lastrowid or 0)
        columns = "size = ?, mtime_ns = ?, digest = ?, ctime_ns = ?, inode = ?"
        self._connection.execute(f"UPDATE files SET {columns} WHERE id = ?", (*look, file))
        return file

    def _note(self, file: int | None, problems: Iterable[Problem]) -> None:
        rows = [(file, problem.path, problem.reason, problem.kind) for problem in problems]
        self._connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)
