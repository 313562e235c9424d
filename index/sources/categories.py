"""Category paths and tags, in the forms that generators give them."""

from __future__ import annotations

import re
from typing import TypeVar

from index.sources.body import one_line
from index.sources.field_reader import FieldReader
from index.sources.values import Value, Values

_CATEGORIES = "categories category 分类 columns".split()
_TAGS = "tags tag 标签 keywords keyword 关键词".split()
_T = TypeVar("_T")

# Tags, or category paths, of an article, and levels of a path; more are no work of people.
_MAX_NAMES = 1000
_MAX_LEVELS = 20
_COMMAS = re.compile(r"[,，;；|]")
_LEVELS = re.compile(r"\s*/\s*|\s+>\s+")
# Generators in which a list of categories is several, not the levels of one.
_SEVERAL = frozenset("hugo zola docusaurus vuepress vitepress mkdocs mdbook obsidian".split())


def tags_of(fields: FieldReader, generator: str) -> tuple[str, ...]:
    found: list[str] = []
    taxonomies = fields["taxonomies"]
    inner = taxonomies.get("tags", "") if isinstance(taxonomies, dict) else ""
    for name, value in [*fields.named(_TAGS), ("taxonomies.tags", inner)]:
        if isinstance(value, str):
            text = value.strip("[]")
            parts = re.split(r"[,，;；、|]", text)
            if len(parts) == 1 and (text.startswith("#") or generator == "jekyll"):
                parts = text.split()
            value = list(parts)
        found += [text for tag in fields.texts(name, value) if (text := one_line(tag.lstrip("#")))]
    return tuple(_first(fields, "tags", list(dict.fromkeys(found)), _MAX_NAMES))


def _first(fields: FieldReader, name: str, found: list[_T], most: int) -> list[_T]:
    if len(found) > most:
        fields.complain(f"{name}: {len(found):,}, and only the first {most:,} were read")
    return found[:most]


def category_paths(fields: FieldReader, generator: str) -> list[tuple[str, ...]]:
    taxonomies = fields["taxonomies"]
    inner = taxonomies.get("categories", "") if isinstance(taxonomies, dict) else ""
    paths: list[tuple[str, ...]] = []
    for name, value in [*fields.named(_CATEGORIES), ("taxonomies.categories", inner)]:
        if (
            isinstance(value, str)
            and generator == "jekyll"
            and name == "categories"
            and not re.search(r"[,，/]", value)
        ):
            paths.append(tuple(fields.texts(name, list(value.split()))))
        else:
            paths += _paths_of(fields, name, value, is_several=generator in _SEVERAL)
    named = _first(fields, "categories", [path for path in dict.fromkeys(paths) if path], _MAX_NAMES)
    named = [tuple(_first(fields, "levels of a category", list(path), _MAX_LEVELS)) for path in named]
    if len(named) < 2:
        return named
    # A category that is also the beginning of a longer path says nothing more.
    beginnings = {path[:length] for path in named for length in range(1, len(path))}
    return [path for path in named if path not in beginnings]


def _paths_of(fields: FieldReader, name: str, value: Value, *, is_several: bool) -> list[tuple[str, ...]]:
    """Category paths of a value: `a, b` are two, `a/b` is one of two levels, a list is one (in some
    generators several), a list of lists is one path each."""
    if isinstance(value, dict):
        return [(text,) for text in fields.texts(name, value)]
    if isinstance(value, str):
        parts = [text for part in _COMMAS.split(value.strip("[]")) for text in fields.texts(name, part)]
        return [_levels(part) for part in parts]
    if all(isinstance(item, str) for item in value):
        texts = fields.texts(name, value)
        if is_several or any("/" in text or " > " in text for text in texts):
            return [_levels(text) for text in texts]
        return [tuple(texts)]
    if any(isinstance(item, list) and len(item) > 1 for item in value):
        return [
            _one_path(fields, name, item) if isinstance(item, list) else tuple(fields.texts(name, item))
            for item in value
        ]
    if all(isinstance(item, list) for item in value):
        return [_one_path(fields, name, item) for item in value if isinstance(item, list)]
    texts = fields.texts(name, value)
    return [(text,) for text in texts] if is_several else [tuple(texts)]


def _one_path(fields: FieldReader, name: str, value: list[Value]) -> tuple[str, ...]:
    return tuple(fields.texts(name, value))


def _levels(text: str) -> tuple[str, ...]:
    return tuple(level for level in map(one_line, _LEVELS.split(text)) if level)


def listed_paths(values: Values) -> list[tuple[str, ...]]:
    """Category paths of an article exported by souwen."""
    listed = values.get("category_paths")
    return [
        levels
        for path in (listed if isinstance(listed, list) else [])
        if isinstance(path, list)
        and (levels := tuple(one_line(level) for level in path if isinstance(level, str)))
    ]
