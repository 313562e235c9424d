"""Files → results in their order, with several processes: their work is cut by bytes, and bounded in memory.

    files, small ones together ─┐
    pieces of large files ──────┴▶ processes ──▶ results, in the order of the work

A piece of a large file is read here, and may be worked on anywhere: the results are the same.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from index.errors import InputError
from index.files import FileState
from index.ingest.large_files import LargeFile
from index.ingest.workers import FileResult, FileTask, Worker, WorkerConfig, is_streamed
from index.processes import when_parent_ends
from index.sources.records import Tally
from index.sources.streams import Piece

# Files handed to a process at a time: enough to make the hand-over cheap.
_CHUNK = 32
# Bytes of files that are prepared together: a few large ones are enough.
_CHUNK_BYTES = 4_000_000
# Bytes of files that all processes together work on ahead: enough for the seconds that a commit takes. Done,
# they take five times as much.
AHEAD_BYTES = 20_000_000
# Bytes of a piece that is worked on here, in parts, one after the other: a record that is as large.
_MOST_BYTES = 4_000_000
# Work of less than so many bytes is done before other processes have started. A file counts as a few thousand
# at least, since opening it takes time, too.
WORTH_PROCESSES = 1_000_000
FILE_BYTES = 5_000
# Objects made before Python looks for cycles among them, which there are next to none.
_GARBAGE = 50_000


@dataclass(frozen=True, slots=True)
class _Work:
    """A step of a run: its results, once it is done; `size` is in bytes."""

    size: int
    results: Callable[[], Iterator[FileResult]]


def process_files(
    tasks: Sequence[FileTask], config: WorkerConfig, jobs: int, ahead_bytes: int = AHEAD_BYTES
) -> Iterator[FileResult]:
    """Prepares files with `jobs` processes, and gives them in the order of `tasks`; large files of records
    come last, in parts.

    No more is prepared ahead than keeps the processes busy, so memory does not grow with what there is.
    """
    several = jobs > 1 and _size(tasks) >= WORTH_PROCESSES
    pool: AbstractContextManager[ProcessPoolExecutor | None] = (
        _processes(jobs, config) if several else nullcontext()
    )
    with _few_collections(), pool as processes:
        waiting: deque[_Work] = deque()
        ahead = 0
        for work in _work(tasks, config, processes):
            waiting.append(work)
            ahead += work.size
            while waiting and (not several or (ahead > ahead_bytes and len(waiting) > jobs)):
                done = waiting.popleft()
                ahead -= done.size
                yield from done.results()
        for work in waiting:
            yield from work.results()


def _work(
    tasks: Sequence[FileTask], config: WorkerConfig, processes: ProcessPoolExecutor | None
) -> Iterator[_Work]:
    """The work of a run in its order, handed to the processes as it is asked for."""
    most = config.max_bytes
    here = Worker(config)
    for chunk in _chunks([task for task in tasks if not is_streamed(task.file.state, most)]):
        size = _size(chunk)
        if processes is None:
            yield _Work(size, partial(_prepared_here, here, chunk))
        else:
            yield _Work(size, partial(_prepared, processes.submit(_prepare_chunk, chunk)))
    for task in tasks:
        if is_streamed(task.file.state, most):
            file = LargeFile(task, here)
            for piece in file.pieces():
                if processes is None or piece.size > _MOST_BYTES:
                    yield _Work(piece.size, partial(_read_here, here, file, piece))
                else:
                    done = processes.submit(_read_piece, file.state, piece)
                    yield _Work(piece.size, partial(_read, file, done))
            yield _Work(0, partial(_end, file))


def _size(tasks: Iterable[FileTask]) -> int:
    return sum(max(task.file.state.size, FILE_BYTES) for task in tasks)


def _prepared_here(worker: Worker, chunk: Sequence[FileTask]) -> Iterator[FileResult]:
    yield from worker.prepare(chunk)


def _prepared(done: Future[list[FileResult]]) -> Iterator[FileResult]:
    yield from done.result()


def _read_here(worker: Worker, file: LargeFile, piece: Piece) -> Iterator[FileResult]:
    reader = worker.reader(file.state)
    yield from file.results(worker.read_piece(file.state, piece, reader), reader.tally)


def _read(file: LargeFile, done: Future[tuple[list[FileResult], Tally]]) -> Iterator[FileResult]:
    yield from file.results(*done.result())


def _end(file: LargeFile) -> Iterator[FileResult]:
    yield file.end()


def _chunks(tasks: Sequence[FileTask]) -> Iterator[Sequence[FileTask]]:
    start = size = 0
    for position, task in enumerate(tasks):
        if position > start and (position == start + _CHUNK or size + task.file.state.size > _CHUNK_BYTES):
            yield tasks[start:position]
            start, size = position, 0
        size += task.file.state.size
    if tasks:
        yield tasks[start:]


@contextmanager
def _few_collections() -> Iterator[None]:
    """Looks for cycles more rarely: among thousands of documents, there are none."""
    before = gc.get_threshold()
    gc.set_threshold(max(_GARBAGE, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _processes(jobs: int, config: WorkerConfig) -> Iterator[ProcessPoolExecutor]:
    """Processes that work, ended at the end. Raises InputError where one of them was killed."""
    context = multiprocessing.get_context("spawn")  # a fork would copy the engine's threads half-way
    with ProcessPoolExecutor(jobs, context, _start_process, (config,)) as pool:
        try:
            yield pool
        except BrokenProcessPool:
            raise InputError(
                "a process that reads files was killed, perhaps for lack of memory. "
                "What was committed before is in the index. Run this again with: --jobs 1"
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


# In each of these processes

_worker: Worker


def _start_process(config: WorkerConfig) -> None:
    global _worker
    _worker = Worker(config)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    when_parent_ends(lambda: os._exit(1))  # they would wait for work for ever
    gc.freeze()  # modules and dictionaries stay
    gc.set_threshold(_GARBAGE)


def _prepare_chunk(tasks: Sequence[FileTask]) -> list[FileResult]:
    return _worker.prepare(tasks)


def _read_piece(state: FileState, piece: Piece) -> tuple[list[FileResult], Tally]:
    reader = _worker.reader(state)
    return list(_worker.read_piece(state, piece, reader)), reader.tally
