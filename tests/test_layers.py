"""The arrows between packages and between the folders in them: who may import whom."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from index.engines.base import ENGINES

ROOT = Path(__file__).parent.parent
# The folders, and the modules beside them by their package, each with what it may import: of `index`, one
# way leads from files through articles and tokens to engines and what is kept of them, and only `ingest` and
# `maintenance` see all of it; `search` leads from what was typed to a plan.
ROOMS: dict[str, set[str]] = {
    "index": set(),
    "index.sources": {"index"},
    "index.analysis": {"index"},
    "index.engines": {"index", "index.analysis"},
    "index.store": {"index", "index.analysis", "index.engines"},
    "index.maintenance": {"index", "index.sources", "index.analysis", "index.engines", "index.store"},
    "index.ingest": {
        "index",
        "index.sources",
        "index.analysis",
        "index.engines",
        "index.store",
        "index.maintenance",
    },
}
READ = {"index", "index.analysis", "index.engines", "index.store"}
ROOMS |= {
    "search.query": {"index", "index.analysis", "search"},
    "search.planning": {"index", "index.analysis", "index.engines", "search", "search.query"},
    "search.assist": READ | {"search", "search.query", "search.planning"},
    "search.dictionary": READ | {"search", "search.query", "search.planning"},
    "search": READ | {"search.query", "search.planning", "search.assist"},
}
ROOMS |= {
    "web": {room for room in ROOMS if room.startswith(("index", "search"))} - {"index.ingest"},
    "cli": {room for room in ROOMS if room.startswith(("index", "search"))},
}
ENGINE_FOLDERS = tuple(f"index.engines.{name}" for name in ENGINES)
PACKAGES = {room.partition(".")[0] for room in ROOMS}


def room_of(module: str) -> str:
    """The folder or package that a module is in.

    >>> room_of("index.engines.tantivy.engine"), room_of("index.article")
    ('index.engines', 'index')
    """
    package, _, rest = module.partition(".")
    folder = f"{package}.{rest.partition('.')[0]}"
    return folder if folder in ROOMS else package


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The modules of souwen that a module imports, wherever in it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # `from index import article` imports a module of the package.
            is_package = node.module in ROOMS
            base = node.module or ""
            names = [f"{base}.{alias.name}" if is_package else base for alias in node.names]
        else:
            continue
        found += (name for name in names if name.partition(".")[0] in PACKAGES)
    return tuple(found)


MODULES = [path for package in sorted(PACKAGES) for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_room_may_see(path: Path) -> None:
    room = room_of(name_of(path))
    allowed = ROOMS[room] | {room}
    if path.match("cli/serve.py") or path.match("cli/site.py"):
        allowed |= {"web"}
    seen = {module for module in imports(path) if room_of(module) not in allowed}
    if room == "cli":
        seen.discard("web.settings")  # the table of all settings
    assert not seen


def test_every_folder_of_index_and_search_has_its_arrows() -> None:
    folders = {path.parent for package in ("index", "search") for path in (ROOT / package).glob("*/*.py")}
    assert {name_of(folder) for folder in folders} == {room for room in ROOMS if "." in room}


def test_engines_are_loaded_by_their_names_alone() -> None:
    """What is made of one engine is in its folder: others know the protocol, the nodes and BM25."""
    for path in MODULES:
        name = name_of(path)
        if not name.startswith("index.engines"):
            assert not [module for module in imports(path) if module.startswith(ENGINE_FOLDERS)], name
