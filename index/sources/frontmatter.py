"""The YAML block at the head of a post: strictly where it is valid, line by line where it isn't."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

# libyaml reads this much in milliseconds; a real block is well under 4 KB.
MAX_LENGTH = 65_536
# Lists and mappings inside one another; a real block has two levels.
MAX_DEPTH = 100

_OPENING = re.compile(r"\s*---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_KEY = re.compile(r"^(?P<key>[A-Za-z][\w-]*)[ \t]*:(?:[ \t]+|$)(?P<value>.*)$")
_ITEM = re.compile(r"^\s*-(?:[ \t]+|$)(?P<value>.*)$")

# What a post says of itself in texts, or in a list of them; other keys may hold anything.
_OF_TEXTS = frozenset("title author editor date thumbnail headimg url link source categories".split())

_TOO_DEEP = "nested too deeply"

Values = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a post says of itself: each key's text or list of texts. `problem` says what was wrong
    with the block; `body` is what follows it."""

    values: Values
    body: str
    problem: str = ""

    def text(self, key: str) -> str:
        """The value of a key that has one; the first of several; empty without one."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else next(iter(value), "")

    def texts(self, key: str) -> list[str]:
        """All values of a key."""
        value = self.values.get(key, [])
        return [value] if isinstance(value, str) and value else list(value)


def split_front_matter(text: str) -> FrontMatter:
    """Reads the block at the head of `text` (line ends are `\\n`), after any blank lines.

    A text that doesn't start with one has no values, and all of it is body.
    """
    opening = _OPENING.match(text)
    if not opening:
        return FrontMatter({}, text)
    closing = _CLOSING.search(text, opening.end(), opening.end() + MAX_LENGTH)
    if closing is None:
        return _unclosed(text, opening.end())
    # The generator of these posts writes { and } as entities in the whole file.
    block = text[opening.end() : closing.start()].replace("&#123;", "{").replace("&#125;", "}")
    body = text[closing.end() :]
    try:
        _refuse_deep(block)
        loaded = yaml.load(block, Loader=yaml.CBaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return FrontMatter(_read_lines(block), body, f"front matter is not valid YAML ({_why(error)})")
    if loaded in (None, ""):
        return FrontMatter({}, body)
    if not isinstance(loaded, dict):
        # A thematic break above prose, not front matter.
        return FrontMatter({}, text)
    values, odd = _plain(loaded, block)
    problem = f"front matter: {', '.join(odd)} without quotes is no text for YAML" if odd else ""
    return FrontMatter(values, body, problem)


def _refuse_deep(block: str) -> None:
    """Raises YAMLError for a block that PyYAML would overflow the C stack with, and end the process."""
    if sum(map(block.count, "[{-?:")) <= MAX_DEPTH:  # each level needs one of these
        return
    depth = 0
    for event in yaml.parse(block, Loader=yaml.CBaseLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark = event.start_mark
                raise yaml.MarkedYAMLError(problem=_TOO_DEEP, problem_mark=mark)  # type: ignore[arg-type]
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _unclosed(text: str, start: int) -> FrontMatter:
    """A block without its closing line ends at the first line that can't belong to one."""
    position = start
    for line in text[start : start + MAX_LENGTH].splitlines(keepends=True):
        if not (_KEY.match(line.rstrip("\n")) or _ITEM.match(line.rstrip("\n"))):
            break
        position += len(line)
    values = _read_lines(text[start:position])
    if not values:
        return FrontMatter({}, text)
    return FrontMatter(values, text[position:], "front matter has no closing ---")


def _read_lines(block: str) -> Values:
    values: Values = {}
    key = ""
    for line in block.splitlines():
        if found := _KEY.match(line):
            key = found["key"]
            values[key] = _unquote(found["value"])
        elif (found := _ITEM.match(line)) and key:
            items = values[key]
            if isinstance(items, str):
                items = values[key] = [items] if items else []
            items.append(_unquote(found["value"]))
    return values


def _unquote(value: str) -> str:
    return value.strip().strip("\"'").strip()


def _plain(loaded: dict[object, object], block: str) -> tuple[Values, list[str]]:
    """The texts and lists of texts; and which keys have something else where a text should be, such as
    `title: {题}`: they have what is written in their line."""
    values: Values = {}
    odd: list[str] = []
    for key, value in loaded.items():
        if isinstance(value, str):
            values[str(key)] = value.strip()
            continue
        items = value if isinstance(value, list) else [value]
        texts = [item.strip() for item in items if isinstance(item, str) and item.strip()]
        if key in _OF_TEXTS and not all(isinstance(item, str) for item in items):
            odd.append(str(key))
            values |= {key: texts or _read_lines(block).get(str(key), "")}
        elif isinstance(value, list):
            values[str(key)] = texts
    return values, odd


def _why(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        problem = str(error.problem)
        if "nesting depth" in problem:  # since 6.0.4, libyaml has a limit of its own
            problem = _TOO_DEEP
        return f"line {error.problem_mark.line + 2}: {problem}"
    return type(error).__name__
