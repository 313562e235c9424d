"""Files as they look from outside: what tells a changed one, or another with its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileState:
    """Path (see `index.article.Article.path`), size in bytes, and nanoseconds since 1970 of the last change:
    they tell a changed file from an unchanged one."""

    path: str
    size: int
    mtime_ns: int


def identity(location: Path) -> tuple[int, int] | None:
    """Device and inode: they tell a file or folder from another that takes its name. None if it is gone."""
    try:
        status = location.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
