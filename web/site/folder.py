"""Writes a search into a folder, so that whoever reads it meanwhile has a whole one: pieces first, the
manifest last. Pieces that are no longer needed stay until the next change, for pages that are open."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.durability import flush
from index.errors import InputError
from web.site.page import PAGE, page_files
from web.site.writer import MANIFEST, PIECES, Site, is_piece

# What souwen wrote: the pieces of the last two searches, and the digest of the page.
_LIST = ".souwen-site.json"


@dataclass(frozen=True, slots=True)
class Written:
    """Files and bytes that were new, pieces that were removed, number and size of all pieces of the search;
    `kept_page` is set where a changed page was left as it is."""

    new: int
    new_bytes: int
    removed: int
    pieces: int
    bytes: int
    kept_page: bool


def check_folder(folder: Path) -> None:
    """Raises InputError where a folder has files, and no search that souwen wrote."""
    if folder.exists() and not folder.is_dir():
        raise InputError("{file} is a file. Name a folder.", file=folder)
    if folder.is_dir() and any(folder.iterdir()) and _listed(folder) is None:
        raise InputError(
            "{folder} has other files, and no search that souwen wrote. Name a folder of its own: {example}",
            folder=folder,
            example=folder / "search",
        )


def write_site(site: Site, folder: Path) -> Written:
    """Writes a search into a folder. Raises InputError where it can't."""
    check_folder(folder)
    try:
        (folder / PIECES).mkdir(parents=True, exist_ok=True)
        return _write(site, folder)
    except OSError as error:
        raise InputError(
            "{file}: can't be written: {reason}.", file=folder, reason=error.strerror or error
        ) from None


def _write(site: Site, folder: Path) -> Written:
    listed = _listed(folder) or {"pieces": [], "before": [], "page": ""}
    files = page_files()
    page = folder / PAGE
    digest = hashlib.sha256(page.read_bytes()).hexdigest() if page.is_file() else ""
    keeps_page = bool(digest) and digest != listed["page"]
    if keeps_page:
        del files[PAGE]
    else:
        digest = hashlib.sha256(files[PAGE]).hexdigest()
    now = sorted(site.pieces)
    before = listed["before"] if listed["pieces"] == now else listed["pieces"]
    old = {*listed["pieces"], *listed["before"]} - {*now, *before}
    known = {"pieces": now, "before": sorted({*before} - {*now}), "page": digest}
    # Before the pieces: what a stopped run leaves is removed by the next.
    doubtful = {**known, "before": sorted({*known["before"], *old})}
    _put(folder / _LIST, _text(doubtful))
    new = [_put(folder / PIECES / name, data) for name, data in site.pieces.items()]
    new += [_put(folder / name, data) for name, data in files.items()]
    new.append(_put(folder / MANIFEST, site.manifest))
    removed = _remove(folder / PIECES / name for name in old)
    _put(folder / _LIST, _text(known))
    return Written(
        new=sum(map(bool, new)),
        new_bytes=sum(new),
        removed=removed,
        pieces=len(now),
        bytes=sum(map(len, site.pieces.values())),
        kept_page=keeps_page,
    )


def _text(value: object) -> bytes:
    return json.dumps(value, indent=0).encode()


def _listed(folder: Path) -> dict[str, Any] | None:
    """The list of what souwen wrote into a folder; None if it wrote nothing. Names that no piece has are left
    out: what they name would be removed, and a list may come with the sources of a stranger's site."""
    try:
        listed = json.loads((folder / _LIST).read_bytes())
        pieces = {key: [name for name in listed[key] if is_piece(name)] for key in ("pieces", "before")}
        return {**pieces, "page": str(listed["page"])}
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _put(file: Path, data: bytes) -> int:
    """Writes a file, unless it is there with these bytes; returns how many were written."""
    try:
        if file.stat().st_size == len(data) and file.read_bytes() == data:
            return 0
    except OSError:
        pass
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_bytes(data)
        flush(new)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
    return len(data)


def _remove(files: Iterable[Path]) -> int:
    removed = 0
    for file in files:
        if file.is_file():
            file.unlink()
            removed += 1
    return removed
