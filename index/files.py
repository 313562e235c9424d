"""Files: their look, which tells a changed one from an unchanged one; and opening them inside a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

# Windows has neither a time of change nor folders that are opened; its numbers of files are not kept.
_IS_POSIX = os.name == "posix"
_BY_HANDLE = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
_SECOND = 1_000_000_000  # nanoseconds
# Nanoseconds between two times of change: of a kernel; FAT has two seconds, and others one.
_TICK = 10_000_000
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class FileState:
    """Look of a file: its path (see `index.article.Article.path`), size in bytes, nanoseconds since 1970 of
    the last change of its content (mtime) and of itself (ctime), and its inode. As for git, they tell a
    changed file from an unchanged one. The last two are 0 on Windows; a ctime of -1 has the content compared.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0

    @classmethod
    def of(cls, path: str, status: os.stat_result) -> FileState:
        """The state of the file at `path`."""
        if not _IS_POSIX:
            return cls(path, status.st_size, status.st_mtime_ns)
        # Inodes of 64 bits, as the database has them: with a sign.
        inode = (status.st_ino + (1 << 63)) % (1 << 64) - (1 << 63)
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, inode)

    def as_read(self, time_ns: int) -> FileState:
        """The state to be remembered of a file that was read at this time (nanoseconds since 1970). One that
        has just changed may change again before its clock moves on, and look the same: its content is
        compared the next time."""
        changed = self.ctime_ns or self.mtime_ns
        tick = _TICK if changed % _SECOND else 2 * _SECOND
        return self if changed < time_ns - tick else replace(self, ctime_ns=-1)


def identity(location: Path) -> tuple[int, int] | None:
    """Device and inode of a file or folder; None if it is gone. Another one of the same name differs."""
    try:
        status = location.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def total_size(paths: Iterable[Path]) -> int:
    """The size of these files in bytes, without those that are gone (a segment merged away meanwhile)."""
    size = 0
    for path in paths:
        with suppress(OSError):
            size += path.stat().st_size
    return size


@contextmanager
def open_folder(root: str, location: str) -> Iterator[int | str]:
    """A folder in `root`, or that itself, for `os.scandir`. No link below the root is followed: one that has
    taken the place of a folder is an OSError."""
    if not _BY_HANDLE:
        _check_inside(root, location)
        yield location
        return
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in _names(root, location):
            deeper = _open_at(handle, name, os.O_RDONLY | os.O_DIRECTORY)
            os.close(handle)
            handle = deeper
        yield handle
    finally:
        os.close(handle)


def open_file(root: str, location: str) -> BufferedReader:
    """A regular file in the folder `root`, or that itself, open for reading. No link below the root is
    followed. Raises OSError for anything that is not a regular file: a pipe would be waited for."""
    if root == location or not _BY_HANDLE:
        handle = os.open(location, _READ)
    else:
        with open_folder(root, os.path.dirname(location)) as folder:  # noqa: PTH120
            assert isinstance(folder, int)
            handle = _open_at(folder, os.path.basename(location), _READ)  # noqa: PTH119
    file = os.fdopen(handle, "rb")
    try:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if not _BY_HANDLE:
            _check_inside(root, location)
            if not os.path.samestat(os.fstat(file.fileno()), os.stat(location)):  # noqa: PTH116
                raise OSError(errno.ELOOP, "another file has taken its name")
    except OSError:
        file.close()
        raise
    return file


def _open_at(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK) and stat.S_ISLNK(
            os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        )
        if is_link:
            raise OSError(errno.ELOOP, "a link has taken its place") from None
        raise


def _names(root: str, location: str) -> list[str]:
    """The names of the folders between. Raises OSError for what lies elsewhere."""
    if root == location:
        return []
    inside = location.removeprefix(root + os.sep)
    if inside != location and os.pardir not in inside and os.curdir + os.sep not in inside:
        return inside.split(os.sep)  # noqa: PTH206  # nearly always, in a tenth of the time
    names = Path(os.path.relpath(location, root)).parts
    if os.pardir in names:
        raise OSError(errno.ELOOP, "lies outside the folder")
    return list(names)


def _check_inside(root: str, location: str) -> None:
    if not Path(location).resolve(strict=True).is_relative_to(Path(root).resolve()):
        raise OSError(errno.ELOOP, "a link that leads out of the folder has taken its place")
