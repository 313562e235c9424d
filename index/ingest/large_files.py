"""Large files of records: read in pieces by one process, while others make articles and documents of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import file_digest

from index.article import Complaint, Problem, ProblemKind
from index.ingest.workers import FileResult, FileTask, Worker, unparsable
from index.sources.posts import new_digest
from index.sources.records import Tally
from index.sources.streams import Piece


class LargeFile:
    """A file of records of any size.

    Its `pieces` are read first, `results` takes what was made of each, in their order, and `end` is the last
    result: line numbers, problems and digest are those of the whole file, whoever worked on a piece.
    """

    def __init__(self, task: FileTask, worker: Worker) -> None:
        self.state = task.file.state.as_read(time.time_ns())
        self._task = task
        self._reader = worker.reader(self.state)
        self._complaints: list[Complaint] = []
        self._digest = ""
        self._other_end: FileResult | None = None
        self._is_continued = False

    def pieces(self) -> Iterator[Piece]:
        """Its pieces, read as they are asked for; none where the content is the one that is known."""
        known = self._task.known_digest
        try:
            with self._task.file.open() as file:
                if known and file_digest(file, new_digest).hexdigest() == known:
                    self._other_end = FileResult(self.state, known, same=True)
                    return
                file.seek(0)
                source = self._reader.open(file)
                yield from source.pieces()
                self._complaints, self._digest = source.complaints, source.digest()
        except OSError as error:
            problem = Problem(self.state.path, f"can't be read: {error.strerror}", ProblemKind.LOST)
            self._other_end = FileResult(self.state, unreadable=problem)
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001  # one bad file never stops a run
            self._other_end = unparsable(FileResult(self.state), error)

    def results(self, parts: Iterable[FileResult], tally: Tally) -> Iterator[FileResult]:
        """The parts of a piece as those of this file. The tally is complete behind the last of them."""
        for part in parts:
            yield self._continued(part)
        self._reader.add(tally)
        if problems := tuple(self._reader.problems):
            self._reader.problems.clear()
            yield self._continued(FileResult(self.state, problems=problems))

    def _continued(self, part: FileResult) -> FileResult:
        is_continued, self._is_continued = self._is_continued, True
        return replace(part, is_continued=is_continued, continues=True)

    def end(self) -> FileResult:
        """The result behind those of all pieces."""
        if self._other_end is not None:
            return replace(self._other_end, is_continued=self._is_continued)
        self._reader.conclude(self._complaints, self._digest)
        problems = tuple(self._reader.problems)
        return FileResult(self.state, self._digest, problems=problems, is_continued=self._is_continued)
