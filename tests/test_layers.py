"""The arrows between the packages: index ← search ← web; cli may use index and search, and of the web its
settings; `serve` all of it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"index": set(), "search": {"index"}, "web": {"index", "search"}, "cli": {"index", "search"}}


@pytest.mark.parametrize("path", [p for layer in MAY_IMPORT for p in (ROOT / layer).rglob("*.py")], ids=str)
def test_a_module_imports_only_the_layers_below(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    if layer == "cli":
        names.discard("web.settings")
    allowed = MAY_IMPORT[layer] | ({"web"} if path.match("cli/serve*") else set())
    assert ({name.partition(".")[0] for name in names} & MAY_IMPORT.keys()) - {layer} <= allowed
