"""Files → articles and documents, in parallel: the work of a run that needs no catalog and no engine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from hashlib import file_digest

from index.analysis import Analyzer
from index.analysis.document import Document, make_documents
from index.article import Article, PackedArticle, Problem, ProblemKind, pack
from index.errors import InputError
from index.files import FileState
from index.processes import when_parent_ends
from index.settings import zone
from index.sources.chapters import split_long
from index.sources.fields import ReadingRules
from index.sources.posts import digest_of, is_of_records, new_digest, parse_file
from index.sources.records import FieldMap, RecordReader
from index.sources.scan import FoundFile
from index.sources.streams import too_large

# Of the largest size of a file, the share from which on files of records are read in parts.
_STREAMED_SHARE = 8
# Articles, and characters of them, that are handed on at a time of such a file.
_PART, _PART_CHARACTERS = 200, 1_000_000
# Files handed to a process at a time: enough to make the hand-over cheap.
_CHUNK = 32
# Bytes of files that are prepared together: a few large ones are enough.
_CHUNK_BYTES = 4_000_000
# Chunks prepared ahead, for each process: enough work for the second that a commit takes; and bytes of their
# files, of all together: prepared, they take four to five times as much.
_AHEAD = 24
AHEAD_BYTES = 60_000_000
# Fewer files than this are done before other processes have started.
WORTH_PROCESSES = 200


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """Worker configuration. `max_bytes` is the size of the largest file that is read, and of the largest
    record of one that is read in parts; `field_map` is what records call their fields."""

    segmenter: str
    dictionary: str
    timezone: str
    max_bytes: int
    rules: ReadingRules
    field_map: FieldMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file to read. `known_digest` is that of its content in the index."""

    file: FoundFile
    known_digest: str = ""


@dataclass(frozen=True, slots=True)
class FileResult:
    """A file's articles with their documents. With `unreadable`, the file could not be opened at all;
    `same` says that it has the content that is known.

    Of a large file of records, there are several: `is_continued` says that others came before, and
    `continues` that others follow.
    """

    state: FileState
    digest: str = ""
    articles: tuple[PackedArticle, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()
    unreadable: Problem | None = None
    same: bool = False
    is_continued: bool = False
    continues: bool = False


class Worker:
    """Reads, parses and analyses files. Never raises for their content."""

    def __init__(self, preparation: WorkerConfig) -> None:
        self._max_bytes = preparation.max_bytes
        self._zone = zone(preparation.timezone)
        self._rules = preparation.rules
        self._analyzer = Analyzer(preparation.segmenter, preparation.dictionary)
        self._field_map = preparation.field_map

    def prepare(self, tasks: Sequence[FileTask]) -> list[FileResult]:
        """Results of the tasks, in order."""
        read = [self._read(task) for task in tasks]
        articles = [article for prepared, parsed in read for article in parsed]
        try:
            documents = iter(make_documents(articles, self._analyzer, self._zone))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception:  # noqa: BLE001  # one bad file never stops a run: which of them is it?
            return [self._prepare_alone(prepared, parsed) for prepared, parsed in read]
        return [_with_documents(prepared, [next(documents) for _ in parsed]) for prepared, parsed in read]

    def _read(self, task: FileTask) -> tuple[FileResult, tuple[Article, ...]]:
        """A file's articles, packed and as they are."""
        state = task.file.state.as_read(time.time_ns())
        if state.size > self._max_bytes:
            return self._too_large(state, state.size), ()
        try:
            data = read_bytes(task.file, self._max_bytes)
        except OSError as error:
            problem = Problem(state.path, f"can't be read: {error.strerror}", ProblemKind.LOST)
            return FileResult(state, unreadable=problem), ()
        if len(data) > self._max_bytes:  # it has grown meanwhile
            return self._too_large(state, len(data)), ()
        if task.known_digest and digest_of(data) == task.known_digest:
            return FileResult(state, task.known_digest, same=True), ()
        try:
            parsed = parse_file(state.path, data, self._zone, self._rules, self._field_map)
            articles = tuple(chapter for article in parsed.articles for chapter in split_long(article))
            packed = tuple(map(pack, articles))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001  # one bad file never stops a run
            return _unparsable(FileResult(state, digest_of(data)), error), ()
        if parsed.again:
            state = replace(state, size=-1)
        return FileResult(state, parsed.digest, packed, problems=parsed.problems), articles

    def stream(self, task: FileTask) -> Iterator[FileResult]:
        """The articles of a large file of records, in parts. The last part has the digest."""
        state = task.file.state.as_read(time.time_ns())
        reader = RecordReader(state.path, self._zone, self._max_bytes, self._field_map, self._rules)
        is_continued = False
        try:
            with task.file.open() as file:
                if task.known_digest and file_digest(file, new_digest).hexdigest() == task.known_digest:
                    yield FileResult(state, task.known_digest, same=True)
                    return
                file.seek(0)
                for part in _parts(reader.articles(file)):
                    problems = tuple(reader.problems)
                    reader.problems.clear()
                    result = FileResult(
                        state, "", tuple(map(pack, part)), (), problems, is_continued=is_continued
                    )
                    yield replace(self._analyzed(result, part), continues=True)
                    is_continued = True
        except OSError as error:
            problem = Problem(state.path, f"can't be read: {error.strerror}", ProblemKind.LOST)
            yield FileResult(state, unreadable=problem)
            return
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001  # one bad file never stops a run
            yield replace(_unparsable(FileResult(state), error), is_continued=is_continued)
            return
        yield FileResult(state, reader.digest, problems=tuple(reader.problems), is_continued=is_continued)

    def _analyzed(self, result: FileResult, articles: Sequence[Article]) -> FileResult:
        """A result with the documents of its articles; articles that can't be analysed are dropped, with a
        problem."""
        try:
            return _with_documents(result, make_documents(articles, self._analyzer, self._zone))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception:  # noqa: BLE001  # which of them is it?
            alone = [
                self._prepare_alone(replace(result, articles=(packed,), problems=()), [article])
                for packed, article in zip(result.articles, articles, strict=True)
            ]
        return replace(
            result,
            articles=tuple(packed for one in alone for packed in one.articles),
            documents=tuple(document for one in alone for document in one.documents),
            problems=(*result.problems, *(problem for one in alone for problem in one.problems)),
        )

    def _too_large(self, state: FileState, size: int) -> FileResult:
        problem = Problem(state.path, too_large(size, self._max_bytes), ProblemKind.LOST)
        return FileResult(state, problems=(problem,))

    def _prepare_alone(self, prepared: FileResult, articles: Sequence[Article]) -> FileResult:
        try:
            return _with_documents(prepared, make_documents(articles, self._analyzer, self._zone))
        except (MemoryError, ImportError):  # not the file's fault
            raise
        except Exception as error:  # noqa: BLE001
            return _unparsable(replace(prepared, articles=()), error)


def read_bytes(file: FoundFile, limit: int) -> bytes:
    """The bytes of a file, one more than the limit at most.

    Raises OSError for what is no regular file, or lies elsewhere, though it was fine when it was listed.
    """
    with file.open() as opened:
        expected = min(file.state.size, limit)  # not more, since memory for all of it is taken at once
        data = opened.read(expected + 1)
        return data + opened.read(limit + 1 - len(data)) if len(data) > expected else data


def is_streamed(file: FileState, max_bytes: int) -> bool:
    """True for a file that is read in parts and may have any size."""
    return file.size * _STREAMED_SHARE > max_bytes and is_of_records(file.path)


def _parts(articles: Iterable[Article]) -> Iterator[list[Article]]:
    part: list[Article] = []
    characters = 0
    for article in articles:
        for chapter in split_long(article):
            part.append(chapter)
            characters += len(chapter.text)
            if len(part) >= _PART or characters >= _PART_CHARACTERS:
                yield part
                part, characters = [], 0
    if part:
        yield part


def _with_documents(prepared: FileResult, documents: Iterable[Document]) -> FileResult:
    return replace(prepared, documents=tuple(documents))


def _unparsable(prepared: FileResult, error: Exception) -> FileResult:
    problem = Problem(
        prepared.state.path, f"can't be parsed: {type(error).__name__}: {error}", ProblemKind.LOST
    )
    return replace(prepared, problems=(problem,))


_preparer: Worker


def _start_process(preparation: WorkerConfig) -> None:
    global _preparer
    _preparer = Worker(preparation)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    when_parent_ends(lambda: os._exit(1))  # they would wait for work for ever


def _prepare_chunk(tasks: Sequence[FileTask]) -> list[FileResult]:
    return _preparer.prepare(tasks)


def _chunks(tasks: Sequence[FileTask]) -> Iterator[Sequence[FileTask]]:
    start = size = 0
    for position, task in enumerate(tasks):
        if position > start and (position == start + _CHUNK or size + task.file.state.size > _CHUNK_BYTES):
            yield tasks[start:position]
            start, size = position, 0
        size += task.file.state.size
    if tasks:
        yield tasks[start:]


def process_files(
    tasks: Sequence[FileTask], preparation: WorkerConfig, jobs: int, ahead_bytes: int = AHEAD_BYTES
) -> Iterator[FileResult]:
    """Prepares files with `jobs` processes, and gives them in the order of `tasks`.

    Large files of records come last, in parts, one after the other: a part is about as much work as a chunk.
    No more are prepared ahead than keeps the processes busy, so memory does not grow with the number.
    """
    largest = preparation.max_bytes
    whole = [task for task in tasks if not is_streamed(task.file.state, largest)]
    yield from _process_whole(whole, preparation, jobs, ahead_bytes)
    if len(whole) < len(tasks):
        worker = Worker(preparation)
        for task in tasks:
            if is_streamed(task.file.state, largest):
                yield from worker.stream(task)


def _process_whole(
    tasks: Sequence[FileTask], preparation: WorkerConfig, jobs: int, ahead_bytes: int
) -> Iterator[FileResult]:
    chunks = _chunks(tasks)
    if jobs <= 1 or len(tasks) < WORTH_PROCESSES:
        preparer = Worker(preparation)
        for chunk in chunks:
            yield from preparer.prepare(chunk)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the engine's threads half-way
    with ProcessPoolExecutor(jobs, context, _start_process, (preparation,)) as pool:
        running: deque[tuple[int, Future[list[FileResult]]]] = deque()
        ahead = 0
        try:
            for chunk in chunks:
                size = sum(task.file.state.size for task in chunk)
                running.append((size, pool.submit(_prepare_chunk, chunk)))
                ahead += size
                while len(running) > _AHEAD * jobs or (ahead > ahead_bytes and len(running) > jobs):
                    done, prepared = running.popleft()
                    ahead -= done
                    yield from prepared.result()
            while running:
                yield from running.popleft()[1].result()
        except BrokenProcessPool:
            raise InputError(
                "a process that reads files was killed, perhaps for lack of memory. "
                "What was committed before is in the index. Run this again with: --jobs 1"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
