"""Sources of a run: the folders to follow, and the files that are in them now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexDamagedError, InputError
from index.ingest.job import IngestRequest
from index.ingest.safeguards import refuse_emptying, refuse_leaving_out
from index.language import Message
from index.settings import Settings
from index.sources.fields import ReadingRules
from index.sources.records import NO_MAP, FieldMap, parse_field_map
from index.sources.scan import Scan, resolve_roots, scan, spared_paths
from index.store.catalog import Catalog
from index.store.directory import IndexDirectory


@dataclass(frozen=True, slots=True)
class Sources:
    """Folders to follow, the rules for reading their files and records, and the files found. `listed` is
    the monotonic time of the listing."""

    roots: dict[str, Path]
    rules: ReadingRules
    field_map: FieldMap
    found: Scan
    listed: float


def followed_folders(directory: Path) -> list[Path]:
    """The folders and files that the index at `directory` follows."""
    with open_live_catalog(IndexDirectory(directory)) as live:
        return list(live.roots().values()) if live is not None else []


def list_sources(
    request: IngestRequest, directory: IndexDirectory, settings: Settings, started: float
) -> Sources:
    """Lists the files of the folders. `started` is in seconds since 1970. Raises VanishedError where many
    indexed files are missing."""
    with open_live_catalog(directory) as live:
        roots = _roots(live, request)
        field_map = _field_map(live, request)
        drafts = _takes_drafts(live, request)
        found = scan(roots, directory.path, settings.site_url, settings.permalink)
        left = _unfollowed(live, request) - roots.keys() - set(request.forget)
        found.unreadable |= left  # what is indexed of them stays
        listed = time.monotonic()
        if live is not None and not request.allow_empty:
            with _damage_matters(unless=request.rebuild):
                refuse_emptying(live, roots, found, directory.path)
                if request.rebuild:
                    refuse_leaving_out(live, spared_paths(live.files(), found), directory.path)
    rules = ReadingRules(tuple(found.sites), drafts, int(started))
    return Sources(roots, rules, field_map, found, listed)


def _roots(live: Catalog | None, request: IngestRequest) -> dict[str, Path]:
    """The folders to follow: those the index knows, less those to forget, and those of the request."""
    known: dict[str, Path] = {}
    with _damage_matters(unless=request.rebuild):
        if live is not None:
            live.check_roots()
            known = live.roots()
    unfollowed = _unfollowed(live, request)
    for name in request.forget:
        if name not in unfollowed and known.pop(name, None) is None:
            listed = ", ".join(known) or Message("none")
            raise InputError(
                "--forget {name}: no folder of that name is followed. Followed: {listed}.",
                name=name,
                listed=listed,
            )
    roots = resolve_roots(request.paths, known)
    if not roots and not request.forget:
        if unfollowed:
            raise InputError(
                "no folder to index. Name one: souwen index FOLDER There are articles of: {names}.",
                names=", ".join(sorted(unfollowed)),
            )
        raise InputError("no folder to index. Name one: souwen index FOLDER")
    return roots


def _unfollowed(live: Catalog | None, request: IngestRequest) -> set[str]:
    """The names of folders that came with a backup, and are not followed."""
    names: set[str] = set()
    with _damage_matters(unless=request.rebuild):
        names |= live.unfollowed() if live is not None else set()
    return names


def _field_map(live: Catalog | None, request: IngestRequest) -> FieldMap:
    """Field names of records: those of the request, else those kept in the index."""
    known: FieldMap = NO_MAP
    with _damage_matters(unless=request.rebuild):
        known = live.field_map() if live is not None else NO_MAP
    return parse_field_map(request.field_map) or known


def _takes_drafts(live: Catalog | None, request: IngestRequest) -> bool:
    """True if drafts are indexed: by the request, else as the index was made."""
    known = False
    with _damage_matters(unless=request.rebuild):
        known = live is not None and live.takes_drafts()
    return known if request.drafts is None else request.drafts


@contextmanager
def open_live_catalog(directory: IndexDirectory) -> Iterator[Catalog | None]:
    """The live generation's catalog, if there is one that can be opened."""
    try:
        name = directory.current_name()
        catalog = Catalog.open(directory.path / name / "catalog.sqlite") if name else None
    except IndexDamagedError:
        catalog = None
    with nullcontext() if catalog is None else closing(catalog):
        yield catalog


@contextmanager
def _damage_matters(*, unless: bool) -> Iterator[None]:
    """False for a rebuild that names its folders: it needs nothing of a damaged index."""
    try:
        yield
    except IndexDamagedError:
        if not unless:
            raise
