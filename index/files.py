"""State and identity of files: they tell a changed file from an unchanged one, and a replaced one from the
same."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileState:
    """Path (see `index.article.Article.path`), size in bytes, and time of the last change in nanoseconds
    since 1970. A file whose state is the same counts as unchanged."""

    path: str
    size: int
    mtime_ns: int


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
