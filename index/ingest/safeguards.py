"""Safeguards against mass deletion: an unmounted disk or an incomplete copy looks like an empty folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index.errors import VanishedError
from index.sources.scan import Scan, removed_paths
from index.store.catalog import Catalog

# From so many articles on, a run that takes out more than half of them must be allowed to.
LARGE = 100


def refuse_emptying(catalog: Catalog, roots: dict[str, Path], found: Scan, index: Path) -> None:
    """Raises VanishedError where a followed folder has become empty, or where the files of more than half
    of a large index are gone or empty without as many new ones."""
    filled = {path for path, file in found.files.items() if file.state.size > 0}
    if len(filled) >= catalog.count_files() and {*map(_root, found.files)} >= roots.keys():
        return  # it does not shrink
    known = {path: file for path, file in catalog.files().items() if _root(path) in roots}
    gone = removed_paths(known, found)
    emptied = [
        path
        for path, file in known.items()
        if file.state.size > 0 and path in found.files and path not in filled
    ]
    command = f"souwen index --allow-empty --index {index}"
    _refuse_emptied_folders(catalog, roots, found, gone, command)
    if len(filled - known.keys()) < len(gone) + len(emptied):
        _refuse_halving(catalog, roots, [*gone, *emptied], command)


def _refuse_emptied_folders(
    catalog: Catalog, roots: dict[str, Path], found: Scan, gone: Iterable[str], command: str
) -> None:
    """Raises VanishedError for a folder with indexed articles and no file left."""
    for name in sorted({*map(_root, gone)} - {*map(_root, found.files)}):
        held = catalog.count_in(path for path in gone if _root(path) == name)
        if held:
            raise VanishedError(
                "{folder} is empty now, and the index has {held:,} articles of it. Nothing was "
                "changed: is a disk not mounted? If they are to go, run: {command}",
                folder=roots[name],
                held=held,
                command=command,
            )


def _refuse_halving(catalog: Catalog, roots: dict[str, Path], lost: Iterable[str], command: str) -> None:
    """Raises VanishedError where the files that are gone hold more than half of a large index."""
    there = catalog.count()
    going = catalog.count_in(lost) if there >= LARGE else 0
    if going * 2 > there:
        raise VanishedError(
            "the files of {going:,} of the {there:,} articles are gone or empty. Nothing was "
            "changed: is something missing in {folders}? If they are to go, run: {command}",
            going=going,
            there=there,
            folders=", ".join(map(str, roots.values())),
            command=command,
        )


def refuse_leaving_out(catalog: Catalog, unreadable: Iterable[str], index: Path) -> None:
    """Raises VanishedError where a rebuild would drop the articles of files that can't be read now."""
    paths = [path for path in sorted(unreadable) if catalog.count_in([path])]
    if paths:
        raise VanishedError(
            "a rebuild would leave out {count:,} articles of files that can't be read now, "
            "such as {file}. Nothing was changed: let them be read, then run this again. If "
            "the articles are to go, run: souwen index --rebuild --allow-empty --index {index}",
            count=catalog.count_in(paths),
            file=paths[0],
            index=index,
        )


def refuse_removal(going: int, staying: int, index: Path) -> None:
    """Raises VanishedError where a machine would delete most of its own articles on a cluster."""
    if going > staying and going + staying >= LARGE:
        raise VanishedError(
            "the cluster has {going:,} articles of this directory that are in no file here, "
            "and {staying:,} that are. What was read is indexed, and nothing was removed: is a "
            "folder missing? If they are to go, run: souwen index --allow-empty --index {index}",
            going=going,
            staying=staying,
            index=index,
        )


def _root(path: str) -> str:
    return path.partition("/")[0]
