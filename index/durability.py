"""fsync helpers, and disk errors as IndexWriteError."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import EngineError, IndexDamagedError, IndexWriteError, InputError, SouwenError
from index.language import Message

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Messages of SQLite and tantivy for these: their errors carry no number.
_FULL_TEXTS = ("disk is full", *(f"(os error {number})" for number in _FULL))
# As the engine says it (index/engines/tantivy/engine.py).
NO_MEMORY = "there is not enough memory. End other programs, or allow more (ulimit -v); to index: --jobs 1."
# Errors of SQLite that are the disk's, or the directory's; the others are those of the file.
_DISK_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def flush(path: Path) -> None:
    """Flushes a file, or the names in a directory, to the disk."""
    if path.is_dir() and os.name == "nt":  # Windows has no way to do this to a directory
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_tree(path: Path) -> None:
    """Flushes all files below a directory, and their names, to the disk."""
    for directory, _, names in os.walk(path):
        for name in names:
            flush(Path(directory, name))
        flush(Path(directory))


@contextmanager
def writing(index: Path) -> Iterator[None]:
    """Converts errors of the disk to IndexWriteError, which names the state of the index and the next
    step."""
    try:
        yield
    except (OSError, sqlite3.DatabaseError, IndexDamagedError, EngineError) as error:
        failure = error.__cause__ if isinstance(error, SouwenError) else error
        if isinstance(failure, OSError) or _is_of_the_disk(failure) or is_full(failure):
            raise write_error(index, failure) from error
        if isinstance(error, SouwenError | sqlite3.ProgrammingError | sqlite3.IntegrityError):
            raise
        raise IndexDamagedError("{file}: can't be read: {reason}", file=index, reason=failure) from error


def write_error(index: Path, failure: BaseException | None) -> IndexWriteError:
    """The error for an index that can't be written: why, what is still there, and what to do."""
    return IndexWriteError(
        "{index} can't be written: {reason}. What was committed before can be searched. "
        "{advice}, then run: souwen index --index {index}",
        index=index,
        reason=_reason(failure),
        advice=_advice(failure),
    )


def _advice(failure: BaseException | None) -> Message:
    """The next step after a disk error."""
    if is_full(failure):
        return Message("Free some space")
    return Message("Check that the disk is healthy and writable")


def try_again(failure: BaseException | None) -> Message:
    """The next steps after a disk error that no part of an index had."""
    return Message("{advice}, then run this again.", {"advice": _advice(failure)})


def is_full(failure: BaseException | None) -> bool:
    """True if the disk has no room: no bytes, no inodes, or none that this user may have."""
    reason = _reason(failure)
    return getattr(failure, "errno", None) in _FULL or any(text in reason for text in _FULL_TEXTS)


def _reason(failure: BaseException | None) -> str:
    return (isinstance(failure, OSError) and failure.strerror) or str(failure)


@contextmanager
def unfinished_folder(file: Path) -> Iterator[Path]:
    """A folder beside a file, for what is to take the file's name when it is complete; gone afterwards. One
    that a killed process left is emptied first.

    Raises InputError where another process is writing the file, or it can't be written.
    """
    import portalocker  # takes long

    folder = file.resolve().parent / f".{file.name}.unfinished"
    try:
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("a") as lock:
            try:
                portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
            except portalocker.LockException:
                raise InputError(
                    "{file}: another process is writing it. Wait for it to end.", file=file
                ) from None
            try:
                for path in folder.iterdir():
                    if path.name != "lock":
                        path.unlink()
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)  # on Windows, the lock is still there
    except OSError as error:
        is_of_the_disk = is_full(error) or error.errno == errno.EIO
        reason = error.strerror or error
        if is_of_the_disk:
            raise InputError(
                "{file}: can't be written: {reason}. {action}",
                file=file,
                reason=reason,
                action=try_again(error),
            ) from None
        raise InputError("{file}: can't be written: {reason}.", file=file, reason=reason) from None


def _is_of_the_disk(failure: BaseException | None) -> bool:
    # Without its extension: SQLITE_IOERR_WRITE is SQLITE_IOERR.
    return (
        isinstance(failure, sqlite3.Error) and getattr(failure, "sqlite_errorcode", 0) & 0xFF in _DISK_CODES
    )
