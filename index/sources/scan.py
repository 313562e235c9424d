"""Lists the files of the folders that an index follows."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from index.article import Problem
from index.errors import InputError, VanishedError
from index.sources.posts import SUFFIXES


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it looks from outside: what tells a changed one from an unchanged one."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to be indexed: how it is known, and where it lies."""

    state: FileState
    location: str

    def has_changed(self) -> bool:
        """True if the file looks different now, or is gone."""
        try:
            status = Path(self.location).stat()
        except OSError:
            return True
        return (status.st_size, status.st_mtime_ns) != (self.state.size, self.state.mtime_ns)


@dataclass(slots=True)
class Scan:
    """All files found, by path; `ignored` counts others by suffix; `unreadable` are paths of files and
    folders that could not be looked at (and so must not be taken for removed)."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)


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
        if display_path(str(location)) != str(location):
            raise InputError(f"{display_path(str(location))}: the name is not UTF-8. Rename the folder.")
        other = roots.get(name, location)
        if other != location and other.exists():
            raise InputError(
                f"{path} and {other} are both called {name!r}, and articles are known by that. "
                "Rename one, index a folder that holds both, or give them an index each (--index)."
            )
        roots[name] = location
    for name, location in roots.items():
        if not location.exists():
            raise VanishedError(
                f"{location}, which this index follows, is gone. If it has moved, name its new place; "
                f"to take its articles out of the index, run: souwen index --forget {name}"
            )
        for other in roots.values():
            if other != location and other in location.parents:
                raise InputError(f"{location} lies inside {other}, which is indexed already.")
    return roots


def scan(roots: dict[str, Path], index: Path) -> Scan:
    """Lists the files of all roots, in an order that depends on their names only.

    The directory `index`, if it lies in one of them, is left out. Raises VanishedError where a root goes,
    or another takes its place, while its files are listed: they would be neither's.
    """
    found = Scan()
    index_identity = identity(index)
    for name, location in sorted(roots.items()):
        before = identity(location)
        if location.is_file():
            _add_file(found, name, str(location), location.stat())
        else:
            _scan_folder(found, name, location, index_identity)
        if before is None or identity(location) != before:
            raise VanishedError(f"{location} was taken away or replaced while it was read. Run this again.")
    return found


def identity(location: Path) -> tuple[int, int] | None:
    """Device and inode: they tell a file or folder from another that takes its name. None if it is gone."""
    try:
        status = location.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def display_path(path: str) -> str:
    """A path as text: bytes that are not UTF-8 are written out."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return path


def _scan_folder(found: Scan, name: str, root: Path, index: tuple[int, int] | None) -> None:
    folders = [(name, str(root))]
    while folders:
        path, location = folders.pop()
        try:
            with os.scandir(location) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found.unreadable.add(path)
            found.problems.append(Problem(path, f"folder can't be read: {error.strerror}", lost=True))
            continue
        deeper: list[tuple[str, str]] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            entry_path = f"{path}/{display_path(entry.name)}"
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.inode() == (index or (0, 0))[1] and identity(Path(entry.path)) == index:
                        continue
                    deeper.append((entry_path, entry.path))
                else:
                    _add_entry(found, entry, entry_path, root)
            except FileNotFoundError:
                continue  # removed since the folder was listed
            except OSError as error:
                found.unreadable.add(entry_path)
                found.problems.append(Problem(entry_path, f"can't be read: {error.strerror}", lost=True))
        folders.extend(reversed(deeper))


def _add_entry(found: Scan, entry: os.DirEntry[str], path: str, root: Path) -> None:
    if entry.is_symlink():
        if not _leads_inside(entry.path, root):
            reason = "is a link that leads out of the folder, or nowhere"
            found.problems.append(Problem(path, reason, lost=True))
            return
        if entry.is_dir():
            return  # its files are found by their own path
    suffix = os.path.splitext(entry.name)[1].lower().rstrip(".")  # noqa: PTH122  # a Path takes ten times as long
    if suffix in SUFFIXES:
        _add_file(found, path, entry.path, entry.stat())
    else:
        found.ignored[display_path(suffix)] += 1


def _add_file(found: Scan, path: str, location: str, status: os.stat_result) -> None:
    if path in found.files:
        reason = f"is not indexed: {location!r} and {found.files[path].location!r} are both written so"
        found.problems.append(Problem(path, reason, lost=True))
    elif stat.S_ISREG(status.st_mode):
        state = FileState(path, status.st_size, status.st_mtime_ns)
        found.files[path] = FoundFile(state, location)
    elif not stat.S_ISDIR(status.st_mode):
        found.problems.append(Problem(path, "is not a regular file", lost=True))


def _leads_inside(location: str, root: Path) -> bool:
    try:
        return Path(location).resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def removed_paths(known: Iterable[str], found: Scan) -> list[str]:
    """The known paths that are no longer there; those that could not be looked at are spared."""
    return [path for path in known if path not in found.files and not _is_spared(path, found.unreadable)]


def spared_paths(known: Iterable[str], found: Scan) -> list[str]:
    """The known paths that could not be looked at."""
    return [path for path in known if path not in found.files and _is_spared(path, found.unreadable)]


def _is_spared(path: str, unreadable: set[str]) -> bool:
    return bool(unreadable) and any(
        str(parent) in unreadable for parent in (PurePosixPath(path), *PurePosixPath(path).parents)
    )
