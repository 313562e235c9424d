"""Checksums of a generation's files, recorded at the end of each run: a disk that loses bits tells nobody.

The catalog has digests of its own, since it is read while it is written (see `index.store.integrity`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.store.directory import Generation

_FILE = "checksums.json"
# What the generation was made with: never written again.
_OF_THE_GENERATION = ("meta.json", "dictionary.txt")
# Written anew under the same name with each commit.
_REWRITTEN = {"engine/meta.json", "engine/.managed.json", "engine/cluster.json"}
# Empty, and made by whoever comes first.
_LOCKS = {".tantivy-writer.lock", ".tantivy-meta.lock", "MAIN_WRITELOCK"}


def record_checksums(generation: Generation) -> None:
    """Notes the checksums of the files; those that look as they did are not read again."""
    known = _read(generation)
    found: dict[str, list[object]] = {}
    for name, path in _files(generation):
        status = path.stat()
        look = [status.st_size, status.st_mtime_ns]
        before = known.get(name)
        found[name] = before if before and before[:2] == look else [*look, _digest(path)]
    temporary = generation.path / f"{_FILE}.new"
    temporary.write_text(json.dumps({"files": found, "digest": _digest_of(found)}), encoding="utf-8")
    temporary.replace(generation.path / _FILE)


def damaged_files(generation: Generation, *, is_unfinished: bool = False) -> tuple[str, ...]:
    """The files that are no longer what was written, that are gone, or of which nothing was recorded: their
    names inside the generation.

    `is_unfinished` says that a run was interrupted, or goes on: it has recorded nothing of its commits yet.
    """
    recorded = _read(generation)
    if not recorded:
        return (_FILE,)
    damaged: list[str] = []
    present = dict(_files(generation))
    for name, path in present.items():
        known = recorded.get(name)
        is_newer = known is None or (name in _REWRITTEN and _look(path) != known[:2])
        if is_unfinished and is_newer:
            continue
        if known is None or _digest(path) != known[2]:
            damaged.append(name)
    gone = [] if is_unfinished else sorted(recorded.keys() - present.keys())
    return (*damaged, *gone)


def _files(generation: Generation) -> Iterator[tuple[str, Path]]:
    """The files that have a checksum, by their names inside the generation."""
    for name in _OF_THE_GENERATION:
        if (path := generation.path / name).is_file():
            yield name, path
    if generation.engine_directory.is_dir():
        for path in sorted(generation.engine_directory.iterdir()):
            if path.name not in _LOCKS and not path.name.startswith(".tmp") and path.is_file():
                yield f"{generation.engine_directory.name}/{path.name}", path


def _read(generation: Generation) -> dict[str, list[Any]]:
    """Size, time (nanoseconds since 1970) and digest of each file; nothing where no run has recorded any, or
    where what was recorded is itself damaged."""
    try:
        found = json.loads((generation.path / _FILE).read_text(encoding="utf-8"))
        known: dict[str, list[Any]] = found["files"]
        return known if found["digest"] == _digest_of(known) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _look(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:  # a commit has replaced it
        return []
    return [status.st_size, status.st_mtime_ns]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except FileNotFoundError:  # a commit has removed it
        return ""


def _digest_of(values: object) -> str:
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=16).hexdigest()
