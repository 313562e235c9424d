"""Lists the files of followed folders, the sites that they form, and the files and folders left out."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from index.article import Problem, ProblemKind
from index.errors import InputError, SettingsError, VanishedError
from index.files import FileState, identity, open_file, open_folder
from index.language import gettext_noop
from index.sources.permalinks import check_rule
from index.sources.posts import POST_SUFFIXES, SUFFIXES, new_digest
from index.sources.sites import LEFT_ALONE, TOOL_FILE, Site, recognise, site_above

# A file with more that is left out, in the syntax of .gitignore.
IGNORE_FILE = ".souwenignore"
# Characters of it that are read.
_MAX_IGNORE = 100_000
# Entries of a folder which is left out that are looked at.
_MAX_LOOK = 2000


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to be indexed: how it is known, where it lies, and the folder that it must not lead out of (it
    itself, where it is followed alone)."""

    state: FileState
    location: str
    root: str

    def open(self) -> BufferedReader:
        """The file, open for reading. Raises OSError where something else has taken its place."""
        return open_file(self.root, self.location)

    def digest(self) -> str:
        """The digest of its bytes; empty where it can't be read."""
        try:
            with self.open() as file:
                return file_digest(file, new_digest).hexdigest()
        except OSError:
            return ""

    def has_changed(self) -> bool:
        """True if the file has changed since, or is gone."""
        try:
            status = Path(self.location).lstat()
        except OSError:
            return True
        return FileState.of(self.state.path, status) != self.state


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
            raise InputError("{path}: there is no such file or folder.", path=path) from None
        if location.is_file() and location.suffix.lower() not in SUFFIXES:
            raise InputError(
                "{path}: not a kind of file that is indexed ({suffixes}).",
                path=path,
                suffixes=", ".join(sorted(SUFFIXES)),
            )
        name = display_path(location.name or location.anchor)
        if display_path(str(location)) != str(location):
            raise InputError(
                "{path}: the name is not UTF-8. Rename the folder.", path=display_path(str(location))
            )
        other = roots.get(name, location)
        if other != location and other.exists():
            raise InputError(
                "{path} and {other} are both called {name!r}, and articles are known by that. "
                "Rename one, index a folder that holds both, or give them an index each (--index).",
                path=path,
                other=other,
                name=name,
            )
        roots[name] = location
    for name, location in roots.items():
        if not location.exists():
            raise VanishedError(
                "{location}, which this index follows, is gone. If it has moved, name its new "
                "path; to take its articles out of the index, run: souwen index --forget {name}",
                location=location,
                name=name,
            )
        for other in roots.values():
            if other != location and other in location.parents:
                raise InputError(
                    "{location} lies inside {other}, which is already indexed.",
                    location=location,
                    other=other,
                )
    return roots


def scan(roots: dict[str, Path], index: Path, site_url: str = "", permalink: str = "") -> Scan:
    """Lists the files of all roots, in an order that depends on their names only.

    `site_url` and `permalink` go before what the files of a site say. The directory `index`, if it lies in
    one of them, is left out. Raises VanishedError where a root goes, or another takes its place, while its
    files are listed: they would be neither's.
    """
    if site_url and not re.match(r"https?://[^/]", site_url):
        raise SettingsError(
            "site_url: {site_url!r} is no address. It begins with https://", site_url=site_url
        )
    check_rule(permalink)
    found = Scan()
    index_identity = identity(index)
    for name, location in sorted(roots.items()):
        before = identity(location)
        if location.is_file():
            _add_file(found, name, str(location), str(location), location.stat())
        else:
            _scan_folder(found, name, location, index_identity)
        if before is None or identity(location) != before:
            raise VanishedError(
                "{location} was taken away or replaced while it was read. Run this again.", location=location
            )
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
            with open_folder(str(root), folder.location) as handle, os.scandir(handle) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
                deeper = _list_folder(found, folder, entries, str(root), index)
        except OSError as error:
            found.unreadable.add(folder.path)
            reason = f"folder can't be read: {error.strerror}"
            found.problems.append(Problem(folder.path, reason, ProblemKind.LOST))
            continue
        folders.extend(reversed(deeper))


def _list_folder(
    found: Scan,
    folder: _Folder,
    entries: Sequence[os.DirEntry[str]],
    root: str,
    index: tuple[int, int] | None,
) -> list[_Folder]:
    """Takes the files of a folder in; gives the folders in it."""
    folder = _described(found, folder, {entry.name for entry in entries}, root)
    deeper: list[_Folder] = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = f"{folder.path}/{display_path(entry.name)}"
        location = os.path.join(folder.location, entry.name)  # noqa: PTH118
        try:
            if entry.is_dir(follow_symlinks=False):
                if entry.inode() == (index or (0, 0))[1] and identity(Path(location)) == index:
                    continue
                if reason := _reason_against(folder, entry.name, path, is_folder=True):
                    if _may_hold_articles(location):
                        found.leave_out(path, reason)
                    continue
                deeper.append(replace(folder, path=path, location=location))
            else:
                _add_entry(found, entry, path, location, root, folder)
        except FileNotFoundError:
            continue  # removed since the folder was listed
        except OSError as error:
            found.unreadable.add(path)
            reason = f"can't be read: {error.strerror}"
            found.problems.append(Problem(path, reason, ProblemKind.LOST))
    return deeper


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


def _described(found: Scan, folder: _Folder, names: set[str], root: str) -> _Folder:
    """The folder with the site that its files make it, and with its own `.souwenignore`."""
    if folder.site is None and (site := recognise(folder.path, Path(folder.location), names)):
        found.sites.append(site)
        folder = replace(folder, site=site)
    if IGNORE_FILE in names:
        try:
            with open_file(root, os.path.join(folder.location, IGNORE_FILE)) as file:  # noqa: PTH118
                lines = file.read(_MAX_IGNORE).decode("utf-8-sig", "replace").splitlines()
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
                return f"{name}/ is left out" if is_folder and name in LEFT_ALONE else f"in {IGNORE_FILE}"
            break
    else:
        if is_folder and name in LEFT_ALONE and not folder.ignored:
            return f"{name}/ is left out"
    if not is_folder and TOOL_FILE.fullmatch(name):
        return gettext_noop("a file for tools")
    return folder.site.reason_against(path, is_folder=is_folder) if folder.site else ""


def _add_entry(
    found: Scan, entry: os.DirEntry[str], path: str, location: str, root: str, folder: _Folder
) -> None:
    status = None
    if entry.is_symlink():
        target = _inside(location, root)
        if target is None:
            reason = gettext_noop("is a link that leads out of the folder, or nowhere")
            found.problems.append(Problem(path, reason, ProblemKind.LOST))
            return
        status = os.lstat(target)
        if stat.S_ISDIR(status.st_mode):
            return  # its files are found by their own path
        location = target
    suffix = os.path.splitext(entry.name)[1].lower().rstrip(".")  # noqa: PTH122  # a Path takes ten times as long
    if suffix in SUFFIXES:
        if reason := _reason_against(folder, entry.name, path, is_folder=False):
            found.leave_out(path, reason)
            return
        _add_file(found, path, location, root, status or entry.stat(follow_symlinks=False))
    else:
        found.ignored[display_path(suffix)] += 1


def _add_file(found: Scan, path: str, location: str, root: str, status: os.stat_result) -> None:
    if path in found.files:
        reason = f"is not indexed: {location!r} and {found.files[path].location!r} are both written so"
        found.problems.append(Problem(path, reason, ProblemKind.LOST))
    elif stat.S_ISREG(status.st_mode):
        found.files[path] = FoundFile(FileState.of(path, status), location, root)
    elif not stat.S_ISDIR(status.st_mode):
        found.problems.append(Problem(path, gettext_noop("is not a regular file"), ProblemKind.LOST))


def _inside(location: str, root: str) -> str | None:
    """Where a link leads; None if that is not in the folder."""
    try:
        target = Path(location).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    return str(target) if target.is_relative_to(root) else None


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
