"""Lists the files of followed folders, the sites that they form, and the files and folders left out."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from index.article import Problem, ProblemKind
from index.errors import InputError, SettingsError, VanishedError
from index.files import FileState, identity
from index.sources.permalinks import check_rule
from index.sources.posts import POST_SUFFIXES, SUFFIXES
from index.sources.sites import LEFT_ALONE, TOOL_FILE, Site, recognise, site_above

# A file with more that is left out, in the syntax of .gitignore.
IGNORE_FILE = ".souwenignore"
# Characters of it that are read.
_MAX_IGNORE = 100_000
# Entries of a folder which is left out that are looked at.
_MAX_LOOK = 2000


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to index: its state, and its location."""

    state: FileState
    location: str

    def has_changed(self) -> bool:
        """True if the file has changed since, or is gone."""
        try:
            status = Path(self.location).stat()
        except OSError:
            return True
        return (status.st_size, status.st_mtime_ns) != (self.state.size, self.state.mtime_ns)


@dataclass(slots=True)
class Scan:
    """All files found, by path, and the sites that they lie in; `ignored` counts others by suffix;
    `unreadable` are paths of files and folders that could not be looked at (and so must not be taken for
    removed)."""

    files: dict[str, FoundFile] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    sites: list[Site] = field(default_factory=list)

    def leave_out(self, path: str, reason: str) -> None:
        """Records that a file or folder is left out, with the reason."""
        self.problems.append(Problem(path, reason, ProblemKind.LEFT_OUT))


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to list: its path, location and site, and the `.souwenignore` files that apply to it, each
    with the path of its own folder; the innermost last."""

    path: str
    location: str
    site: Site | None
    ignored: tuple[tuple[str, GitIgnoreSpec], ...]


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


def scan(roots: dict[str, Path], index: Path, site_url: str = "", permalink: str = "") -> Scan:
    """Lists the files of all roots, in an order that depends on their names only.

    `site_url` and `permalink` go before what the files of a site say. The directory `index`, if it lies in
    one of them, is left out. Raises VanishedError where a root goes, or another takes its place, while its
    files are listed: they would be neither's.
    """
    if site_url and not re.match(r"https?://[^/]", site_url):
        raise SettingsError(f"site_url: {site_url!r} is no address. It begins with https://")
    check_rule(permalink)
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
    found.sites = [_as_set(site, site_url, permalink) for site in found.sites]
    if site_url:
        by_hand = Site("", "", address=f"{site_url.rstrip('/')}/", permalinks=(("", permalink),))
        known = {site.root for site in found.sites}
        found.sites += [replace(by_hand, root=name) for name in sorted(roots) if name not in known]
    return found


def _as_set(site: Site, site_url: str, permalink: str) -> Site:
    """A site with the address and the rule from the settings."""
    if site_url:
        site = replace(site, address=f"{site_url.rstrip('/')}/")
    return replace(site, generator="", permalinks=(("", permalink),)) if permalink else site


def display_path(path: str) -> str:
    """A path as text: bytes that are not UTF-8 are written out."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    return path


def _scan_folder(found: Scan, name: str, root: Path, index: tuple[int, int] | None) -> None:
    above = site_above(name, root)
    if above is not None:
        found.sites.append(above)
    folders = [_Folder(name, str(root), above, ())]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder.location) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            found.unreadable.add(folder.path)
            reason = f"folder can't be read: {error.strerror}"
            found.problems.append(Problem(folder.path, reason, ProblemKind.LOST))
            continue
        folder = _described(found, folder, {entry.name for entry in entries})
        deeper: list[_Folder] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            entry_path = f"{folder.path}/{display_path(entry.name)}"
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.inode() == (index or (0, 0))[1] and identity(Path(entry.path)) == index:
                        continue
                    if reason := _reason_against(folder, entry.name, entry_path, is_folder=True):
                        if _may_hold_articles(entry.path):
                            found.leave_out(entry_path, reason)
                        continue
                    deeper.append(replace(folder, path=entry_path, location=entry.path))
                else:
                    _add_entry(found, entry, entry_path, root, folder)
            except FileNotFoundError:
                continue  # removed since the folder was listed
            except OSError as error:
                found.unreadable.add(entry_path)
                reason = f"can't be read: {error.strerror}"
                found.problems.append(Problem(entry_path, reason, ProblemKind.LOST))
        folders.extend(reversed(deeper))


def _may_hold_articles(location: str) -> bool:
    """True if a folder that is left out has files that would be indexed, among its first `_MAX_LOOK`
    entries. Only such folders are reported."""
    left = _MAX_LOOK
    for _, folders, files in os.walk(location):
        if any(os.path.splitext(name)[1].lower() in POST_SUFFIXES for name in files):  # noqa: PTH122
            return True
        left -= len(folders) + len(files)
        if left < 0:
            return True
    return False


def _described(found: Scan, folder: _Folder, names: set[str]) -> _Folder:
    """The folder with the site that its files form, and with its own `.souwenignore`."""
    if folder.site is None and (site := recognise(folder.path, Path(folder.location), names)):
        found.sites.append(site)
        folder = replace(folder, site=site)
    if IGNORE_FILE in names:
        try:
            text = Path(folder.location, IGNORE_FILE).read_text(encoding="utf-8-sig", errors="replace")
            lines = text[:_MAX_IGNORE].splitlines()
            # From there on, the folders that are left alone are the first lines of the file.
            lines = [*(f"{name}/" for name in sorted(LEFT_ALONE)), *lines] if not folder.ignored else lines
            folder = replace(
                folder, ignored=(*folder.ignored, (folder.path, GitIgnoreSpec.from_lines(lines)))
            )
        except (OSError, ValueError) as error:
            reason = f"can't be read: {error}"
            found.problems.append(Problem(f"{folder.path}/{IGNORE_FILE}", reason, ProblemKind.PARTIAL))
    return folder


def _reason_against(folder: _Folder, name: str, path: str, *, is_folder: bool) -> str:
    """The reason why a file or folder is left out; empty if it is not."""
    for above, spec in reversed(folder.ignored):
        result = spec.check_file(path[len(above) + 1 :] + "/" * is_folder)
        if result.include is not None:
            if result.include:
                return f"{name}/ is left alone" if is_folder and name in LEFT_ALONE else f"in {IGNORE_FILE}"
            break
    else:
        if is_folder and name in LEFT_ALONE and not folder.ignored:
            return f"{name}/ is left alone"
    if not is_folder and TOOL_FILE.fullmatch(name):
        return "a file for tools"
    return folder.site.reason_against(path, is_folder=is_folder) if folder.site else ""


def _add_entry(found: Scan, entry: os.DirEntry[str], path: str, root: Path, folder: _Folder) -> None:
    if entry.is_symlink():
        if not _leads_inside(entry.path, root):
            reason = "is a link that leads out of the folder, or nowhere"
            found.problems.append(Problem(path, reason, ProblemKind.LOST))
            return
        if entry.is_dir():
            return  # its files are found by their own path
    suffix = os.path.splitext(entry.name)[1].lower().rstrip(".")  # noqa: PTH122  # a Path takes ten times as long
    if suffix in SUFFIXES:
        if reason := _reason_against(folder, entry.name, path, is_folder=False):
            found.leave_out(path, reason)
            return
        _add_file(found, path, entry.path, entry.stat())
    else:
        found.ignored[display_path(suffix)] += 1


def _add_file(found: Scan, path: str, location: str, status: os.stat_result) -> None:
    if path in found.files:
        reason = f"is not indexed: {location!r} and {found.files[path].location!r} are both written so"
        found.problems.append(Problem(path, reason, ProblemKind.LOST))
    elif stat.S_ISREG(status.st_mode):
        state = FileState(path, status.st_size, status.st_mtime_ns)
        found.files[path] = FoundFile(state, location)
    elif not stat.S_ISDIR(status.st_mode):
        found.problems.append(Problem(path, "is not a regular file", ProblemKind.LOST))


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
