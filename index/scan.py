"""What lies in the folders that an index follows."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from index.article import Problem
from index.catalog import FileState
from index.errors import InputError
from index.posts import SUFFIXES


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to be indexed: how it is known, and where it lies."""

    state: FileState
    location: str


@dataclass(slots=True)
class Scan:
    """All files found, by path; `ignored` counts others by suffix; `unreadable` are paths of folders
    whose files could not be listed (and so must not be taken for removed)."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def resolve_roots(paths: Sequence[Path], known: dict[str, Path]) -> dict[str, Path]:
    """The folders and files to follow, by name: those `known`, and those of `paths`.

    A folder's name is the first part of its articles' paths, and so of their ids: it stays the same
    when an archive moves to another disk. Raises InputError where a folder is missing, or where two
    have one name or lie inside one another.
    """
    roots = dict(known)
    for path in paths:
        try:
            location = path.resolve(strict=True)
        except OSError:
            raise InputError(f"{path}: there is no such file or folder.") from None
        if location.is_file() and location.suffix.lower() not in SUFFIXES:
            raise InputError(f"{path}: not a kind of file that is indexed ({', '.join(sorted(SUFFIXES))}).")
        name = display_path(location.name or location.anchor)
        other = roots.get(name, location)
        if other != location and other.exists():
            raise InputError(
                f"{path} and {other} are both called {name!r}, and articles are known by that. "
                "Rename one, index a folder that holds both, or give them an index each (--index)."
            )
        roots[name] = location
    for name, location in roots.items():
        if not location.exists():
            raise InputError(
                f"{location}, which this index follows, is gone. If it has moved, name its new place; "
                f"to take its articles out of the index, run: souwen index --forget {name}"
            )
        for other in roots.values():
            if other != location and other in location.parents:
                raise InputError(f"{location} lies inside {other}, which is indexed already.")
    return roots


def scan(roots: dict[str, Path]) -> Scan:
    """Lists the files of all roots, in an order that depends on their names only."""
    found = Scan()
    for name, location in sorted(roots.items()):
        if location.is_file():
            _add_file(found, name, str(location), location.stat())
        else:
            _scan_folder(found, name, location)
    return found


def display_path(path: str) -> str:
    """A path as text: bytes that are not UTF-8 are written out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _scan_folder(found: Scan, name: str, root: Path) -> None:
    folders = [(name, str(root))]
    while folders:
        path, location = folders.pop()
        try:
            with os.scandir(location) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found.unreadable.append(f"{path}/")
            found.problems.append(Problem(path, f"folder can't be read: {error.strerror}", lost=True))
            continue
        deeper: list[tuple[str, str]] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            entry_path = f"{path}/{display_path(entry.name)}"
            if entry.is_symlink() and not _stays_inside(entry.path, root):
                found.problems.append(
                    Problem(entry_path, "is a link that leads out of the folder, or nowhere", lost=True)
                )
            elif entry.is_dir(follow_symlinks=False):
                deeper.append((entry_path, entry.path))
            else:
                _add_entry(found, entry, entry_path)
        folders.extend(reversed(deeper))


def _add_entry(found: Scan, entry: os.DirEntry[str], path: str) -> None:
    suffix = PurePath(entry.name).suffix.lower()
    if suffix not in SUFFIXES:
        found.ignored[suffix] += 1
        return
    try:
        _add_file(found, path, entry.path, entry.stat())
    except OSError as error:
        found.problems.append(Problem(path, f"can't be read: {error.strerror}", lost=True))


def _add_file(found: Scan, path: str, location: str, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        state = FileState(path, status.st_size, status.st_mtime_ns)
        found.files[path] = FoundFile(state, location)
    elif not stat.S_ISDIR(status.st_mode):
        found.problems.append(Problem(path, "is not a regular file", lost=True))


def _stays_inside(location: str, root: Path) -> bool:
    """Whether a link leads to a file inside the root; folders are reached by their own path."""
    try:
        target = Path(location).resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return target.is_file() and target.is_relative_to(root)


def removed_paths(ledger: Iterable[str], found: Scan) -> list[str]:
    """The paths in the ledger that are no longer there; those of unreadable folders are spared."""
    spared = tuple(found.unreadable)
    return [path for path in ledger if path not in found.files and not (spared and path.startswith(spared))]
