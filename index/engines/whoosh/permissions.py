"""File permissions of a Whoosh index: it contains pickles, so nobody else may write its files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from index.errors import EngineError


def remove_group_write(directory: Path) -> None:
    """Removes group write permission, which some systems give to all new files."""
    for path in directory.iterdir():
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            path.chmod(mode & ~(stat.S_IWGRP | stat.S_IWOTH))


def check_owner(directory: Path) -> None:
    """Raises an error for an index that other users can write: opening its pickles would run their code."""
    if os.name != "posix":
        return
    for path in (directory, *directory.iterdir()):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # a commit has removed it
        unwanted = stat.S_IWGRP | stat.S_IWOTH
        if path != directory and status.st_gid == os.getegid():
            unwanted = stat.S_IWOTH  # a commit that is going on takes our group's right away in the end
        if status.st_uid in (os.geteuid(), 0) and not status.st_mode & unwanted:
            continue
        raise EngineError(
            "{file}: refused, since others can write to it, and opening a Whoosh index runs code "
            "that it contains. If it is yours, run: {command}",
            file=path,
            command=f"chown -R {os.geteuid()} {directory}; chmod -R go-w {directory}",
        )
