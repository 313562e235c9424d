"""Checksums of an engine's files, recorded at the end of each run: a disk that corrupts data reports no
error."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from index.store.directory import Generation

_FILE = "checksums.json"
# Written anew under the same name with each commit: the engine itself says whether they can be read.
_REWRITTEN = {
    "meta.json",
    ".managed.json",
    ".tantivy-writer.lock",
    ".tantivy-meta.lock",
    "MAIN_WRITELOCK",
    "cluster.json",
}


def record_checksums(generation: Generation) -> None:
    """Records the checksums of the engine's files; unchanged ones (by size and time) are not read again."""
    known = _read(generation)
    found: dict[str, list[object]] = {}
    for path in sorted(generation.engine_directory.iterdir()):
        if path.name in _REWRITTEN or not path.is_file():
            continue
        status = path.stat()
        look = [status.st_size, status.st_mtime_ns]
        before = known.get(path.name)
        found[path.name] = before if before and before[:2] == look else [*look, _digest(path)]
    temporary = generation.path / f"{_FILE}.new"
    temporary.write_text(json.dumps(found), encoding="utf-8")
    temporary.replace(generation.path / _FILE)


def damaged_files(generation: Generation) -> tuple[str, ...]:
    """Names of the engine's files that differ from their checksums."""
    return tuple(
        name
        for name, (_, _, digest) in _read(generation).items()
        if (path := generation.engine_directory / name).is_file() and _digest(path) != digest
    )


def _read(generation: Generation) -> dict[str, list[object]]:
    """Recorded checksums; empty where no run has recorded any."""
    try:
        known: dict[str, list[object]] = json.loads((generation.path / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
