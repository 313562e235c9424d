"""Tests know the product by its public names alone: clocks and limits are given to it, not put into it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = sorted(Path(__file__).parent.glob("*.py"))


def is_private(name: str) -> bool:
    """
    >>> is_private("_LIMIT"), is_private("index.words._LIMIT"), is_private("__import__"), is_private("words")
    (True, True, False, False)
    """
    last = name.rpartition(".")[2]
    return last.startswith("_") and not last.startswith("__")


def private_names(code: str) -> Iterator[str]:
    """The private names that code imports, patches, or takes from anything but itself.

    >>> list(private_names("from x import _a\\npatch.setattr(x, '_b', 1)\\nx._c = 1\\nself._d = x.e"))
    ['_a', '_b', '_c']
    """
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.ImportFrom() | ast.Import():
                yield from (alias.name for alias in node.names if is_private(alias.name))
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name) if is_private(name):
                yield name
            case ast.Call(func=ast.Attribute(attr=function) | ast.Name(id=function), args=arguments):
                if function in ("setattr", "getattr", "delattr"):
                    texts = [each.value for each in arguments[:2] if isinstance(each, ast.Constant)]
                    yield from (text for text in texts if isinstance(text, str) and is_private(text))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_a_test_touches_nothing_private(path: Path) -> None:
    assert not list(private_names(path.read_text(encoding="utf-8")))
