"""Reading an index of tantivy without the right to write beside it, which its lock takes even for a search.

Such a reader has a temporary folder of its own with a copy of meta.json, links to the files of the segments,
and the lock. A commit may remove files between the copy and their opening: then it is done again.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from index.errors import EngineError

META = "meta.json"
_LOCK = ".tantivy-meta.lock"
# Tries to open what a writer is replacing, and seconds between two.
_TRIES, _WAIT = 40, 0.05


def may_lock(directory: Path) -> bool:
    """True if this process may write tantivy's lock."""
    lock = directory / _LOCK
    return _may_write(lock if lock.exists() else directory)


def share(directory: Path) -> None:
    """Lets those read meta.json who may read the directory: tantivy itself lets its owner only."""
    if os.name == "posix":
        with suppress(OSError):  # it is being replaced
            (directory / META).chmod(directory.stat().st_mode & 0o666)


class View:
    """The temporary folder, of the index in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            self._temporary = tempfile.TemporaryDirectory(prefix="souwen-", ignore_cleanup_errors=True)
        except OSError as error:
            raise EngineError(
                "{file}: {engine} must be able to write its lock there, even to search. Let whoever searches "
                "write to that folder or to a temporary one (TMPDIR), or give them a copy of the index.",
                file=directory,
                engine="tantivy",
            ) from error
        self.path = Path(self._temporary.name)

    def read(self, read: Callable[[], None]) -> None:
        """Brings the folder up to date and calls `read`; again, where a commit has removed files meanwhile.
        Raises what `read` raises, or OSError."""
        for is_last in (*[False] * _TRIES, True):
            try:
                self._update()
                read()
                return
            except (OSError, ValueError):
                if is_last:
                    raise
                time.sleep(_WAIT)

    def close(self) -> None:
        """Removes the folder."""
        self._temporary.cleanup()

    def _update(self) -> None:
        meta = (self._directory / META).read_bytes()
        segments = {segment["segment_id"].replace("-", "") for segment in json.loads(meta)["segments"]}
        wanted = {path.name for path in self._directory.iterdir() if path.name.partition(".")[0] in segments}
        present = {path.name for path in self.path.iterdir()} - {META, _LOCK}
        for name in present - wanted:
            (self.path / name).unlink()
        for name in wanted - present:
            (self.path / name).symlink_to(self._directory.resolve() / name)
        (self.path / "new").write_bytes(meta)
        (self.path / "new").replace(self.path / META)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
