"""The block at the head of a post: YAML, TOML or JSON; invalid blocks are read key by key."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from index.article import Complaint
from index.sources.labels import labelled_head
from index.sources.values import MAX_DEPTH, MAX_VALUES, Values, normalise

# Characters of a block that a YAML library reads in milliseconds; a real block is well under 4 KB.
MAX_LENGTH = 65_536
# Keys of an invalid block that are read by a YAML library, each by itself; further ones as lines.
_MAX_PARTS = 300

_OPENING = re.compile(
    r"\s*(?P<fence>-{3,10}|\+\+\+|;;;)[ \t]*(?P<language>yaml|yml|toml|json)?[ \t]*\n|\s*(?=\{)"
)
_CLOSINGS = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*(?:\n|\Z)", re.MULTILINE),
    ";;;": re.compile(r"^;;;[ \t]*(?:\n|\Z)", re.MULTILINE),
    "{": re.compile(r"^\}[ \t]*(?:\n|\Z)", re.MULTILINE),
    "": re.compile(r"^(?:-{3,}|;{3,})[ \t]*(?:\n|\Z)", re.MULTILINE),
}
_KEY = re.compile(r"^(?P<key>[^\W\d][\w-]*)[ \t]*:(?:[ \t]+|$)(?P<value>.*)$")
_ITEM = re.compile(r"^\s*-(?:[ \t]+|$)(?P<value>.*)$")
_TOML_KEY = re.compile(r"^\s*(?P<key>[\w-]+)[ \t]*=[ \t]*(?P<value>.*)$")
_TOML_TABLE = re.compile(r"^\s*\[+(?P<name>[\w.\s-]+)\]+")
_JSON_KEY = re.compile(r'^\s*\{?\s*"(?P<key>[\w-]+)"\s*:\s*(?P<value>.*?),*\s*$')
# The fence that a block is read as has, by the language or the fence that it begins with.
_FENCES = {"---": "---", "+++": "+++", ";;;": ";;;", "toml": "+++", "json": ";;;"}
# Keys by which a block is known that has no opening line, or no space after its colons.
_KNOWN = (
    "title|date|layout|categories|category|tags|tag|author|authors|permalink|slug|description|keywords|comments|"
    "created|updated|lastmod|draft|published|abbrlink|url|link|source|cover|thumbnail|toc|top|id|weight"
)
_KNOWN_KEY = re.compile(rf"(?:{_KNOWN})[ \t]*:", re.IGNORECASE)
_NO_SPACE = re.compile(rf"^(?P<key>{_KNOWN}):(?!\s|//)", re.IGNORECASE | re.MULTILINE)
_WIDE_COLON = re.compile(
    rf"^(?P<key>{_KNOWN}|标题|日期|作者|分类|标签)[ \t]*：[ \t]*", re.IGNORECASE | re.MULTILINE
)
_SHOWN_KEY = re.compile("title|date|categories|category|tags|author|authors|description")
_ANY_KEY = re.compile(r"^(?P<key>[^\W\d][\w-]*)[ \t]*:(?=\s)", re.MULTILINE)
_NO_OPENING = re.compile(rf"\s*(?={_KNOWN_KEY.pattern})", re.IGNORECASE)
# Lines of known keys up to an empty one, as MkDocs and MultiMarkdown have them.
_KNOWN_LINES = re.compile(
    rf"\s*(?P<block>(?:(?:{_KNOWN})[ \t]*:[ \t]+\S[^\n]*\n(?:[ \t]{{4,}}\S[^\n]*\n)*)+)[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
_LINE_OF_BLOCK = re.compile(r"[^\W\d][\w-]*[ \t]*:|\s*-(?:\s|$)|[ \t]|#|$")
# Keys of one text; what else stands there is read as it is written.
_OF_ONE_TEXT = frozenset("title date editor url link source slug permalink abbrlink description".split())

_TOO_DEEP = "nested too deeply"
_TOO_MANY = "too many values"
_ERRORS = (yaml.YAMLError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values of a post by key, in lower case: texts as they are written, and lists and mappings of them.
    `complaints` say what was wrong with the block; `body` is what follows it."""

    values: Values
    body: str
    complaints: tuple[Complaint, ...] = ()


def split_front_matter(text: str) -> FrontMatter:
    """Reads the block at the head of `text` (line ends are `\\n`), after any blank lines. A text without
    one has no values, and all of it is body."""
    opening = _OPENING.match(text)
    if not opening:
        return _without_opening(text)
    fence = opening["fence"] or "{"
    if fence == "{":
        return _json_head(text, opening.end())
    start = opening.end()
    pattern = _CLOSINGS.get(fence) or re.compile(rf"^{fence}[ \t]*(?:\n|\Z)", re.MULTILINE)
    fence = _FENCES.get(opening["language"] or fence[:3], "---")
    closing = pattern.search(text, start)
    if closing is None:
        return _unclosed(text, start, fence)
    block, body = text[start : closing.start()], text[closing.end() :]
    if len(block) > MAX_LENGTH:
        return _oversized(text, block, body, fence)
    if fence == "---":
        return _yaml_block(text, block, body)
    if fence == ";;;" and not block.lstrip().startswith("{"):
        block = "{" + block + "}"  # Hexo's JSON has no braces
    values, problem = _toml_values(block) if fence == "+++" else _json_values(block)
    if problem and not values:
        return FrontMatter({}, text)
    return FrontMatter(values, body, (Complaint(problem),) if problem else ())


def _oversized(text: str, block: str, body: str, fence: str) -> FrontMatter:
    """A block of more than `MAX_LENGTH` characters: only the lines at its head are read."""
    head = block[: block.rfind("\n", 0, MAX_LENGTH) + 1] or block[:MAX_LENGTH]
    values = _line_values(head, fence)
    is_block = all(map(_LINE_OF_BLOCK.match, head.split("\n")))
    if not values or not (is_block or any(_KNOWN_KEY.match(f"{key}:") for key in values)):
        return FrontMatter({}, text)
    reason = f"front matter of {len(block):,} characters: only the first {MAX_LENGTH:,} were read"
    return FrontMatter(values, body, (Complaint(reason),))


def _unclosed(text: str, start: int, fence: str) -> FrontMatter:
    """A block without its closing line ends at the first line that can't belong to one."""
    position = start
    for line in text[start : start + MAX_LENGTH].splitlines(keepends=True):
        bare = line.rstrip("\n")
        if not (_TOML_KEY.match(bare) or _TOML_TABLE.match(bare) if fence == "+++" else _is_yaml_line(bare)):
            break
        position += len(line)
    values = _line_values(text[start:position], fence)
    if not values:
        return FrontMatter({}, text)
    return FrontMatter(values, text[position:], (Complaint(f"front matter has no closing {fence}"),))


def _is_yaml_line(line: str) -> bool:
    return bool(_KEY.match(line) or _ITEM.match(line))


def _line_values(block: str, fence: str) -> Values:
    return _toml_lines(block) if fence == "+++" else _lines(block)


# YAML

_CHARACTERS = r"[^\n'\"\\:#\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_PLAIN = rf"\w(?:{_CHARACTERS}|:(?=\S))*+"
_QUOTED = rf"'(?:{_CHARACTERS}|[:#\"])*+'|\"(?:{_CHARACTERS}|[:#'])*+\""
_SIMPLE = re.compile(
    rf"(?P<key>[A-Za-z_][\w-]{{0,60}}+):(?: +(?P<value>{_PLAIN}|{_QUOTED}))? *+"
    rf"(?:\n(?P<items>(?P<indent> *+)- +{_PLAIN}(?:\n(?P=indent)- +{_PLAIN})*+))?(?:\n|\Z)"
)


def simple_values(block: str) -> Values | None:
    """Values of a block of single lines and lists of plain words (nearly all blocks), without a YAML
    library; None for anything else."""
    values: Values = {}
    end = 0
    while end < len(block):
        found = _SIMPLE.match(block, end)
        if found is None:
            return None
        end = found.end()
        key, value, items = found["key"].lower(), found["value"] or "", found["items"]
        if key in values or (items and (value or key in _OF_ONE_TEXT)):
            return None
        if items:
            values[key] = [line.lstrip(" -").strip() for line in items.split("\n")]
        else:
            values[key] = (value[1:-1] if value[:1] in ("'", '"') else value).strip()
    return values or None


def _yaml_block(text: str, block: str, body: str) -> FrontMatter:
    # The generator of some posts writes { and } as entities in the whole file.
    block = block.replace("&#123;", "{").replace("&#125;", "}")
    if (simple := simple_values(block)) is not None:
        return FrontMatter(simple, body)
    if "：" in block:
        block = _WIDE_COLON.sub(r"\g<key>: ", block)
    try:
        loaded = load_yaml(block)
    except _ERRORS as error:
        loaded, problem = None, f"front matter is not valid YAML ({_why(error)})"
    else:
        if loaded in (None, ""):
            return FrontMatter({}, body)
        problem = ""
    if not isinstance(loaded, dict) and (spaced := _NO_SPACE.sub(r"\g<key>: ", block)) != block:
        try:
            loaded, problem = load_yaml(spaced), ""
            block = spaced
        except _ERRORS:
            pass
    if problem:
        return FrontMatter(_by_parts(block), body, (Complaint(problem),))
    if not isinstance(loaded, dict):
        return FrontMatter({}, text)  # a thematic break above prose
    values, complaints = _plain(loaded, block)
    return FrontMatter(values, body, (*complaints, *_repeated(block)))


def _repeated(block: str) -> list[Complaint]:
    """The keys of a block that have several values, of which YAML keeps the last."""
    keys = Counter(found["key"].lower() for found in _ANY_KEY.finditer(block))
    names = ", ".join(key for key, count in keys.items() if count > 1 and _SHOWN_KEY.fullmatch(key))
    return (
        [Complaint(f"front matter: {names} stands there more than once; the last was read")] if names else []
    )


def load_yaml(block: str) -> object:
    """Reads YAML with every scalar as text. Raises one of `_ERRORS`."""
    _refuse_deep(block)
    return yaml.load(block, Loader=yaml.CBaseLoader)


def _refuse_deep(block: str) -> None:
    """Raises YAMLError for a block so deep that PyYAML would overflow the C stack and end the process."""
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


def _by_parts(block: str) -> Values:
    """Values of an invalid block, parsed separately for each key."""
    parts: list[list[str]] = []
    for line in block.split("\n"):
        if parts and not _KEY.match(line):
            parts[-1].append(line)
        else:
            parts.append([line])
    values: Values = {}
    for number, lines in enumerate(parts):
        part = "\n".join(lines)
        try:
            loaded = load_yaml(part) if number < _MAX_PARTS else None
            read = _plain(loaded, part)[0] if isinstance(loaded, dict) else _lines(part)
        except _ERRORS:
            read = _lines(part)
        values |= read
    return values


def _lines(block: str) -> Values:
    """Keys with a text, or with the items below them, line by line."""
    values: Values = {}
    key = ""
    for line in block.splitlines():
        if found := _KEY.match(line):
            key = found["key"].lower()
            values[key] = _unquote(found["value"])
        elif (found := _ITEM.match(line)) and key:
            items = values[key]
            if not isinstance(items, list):
                items = values[key] = [items] if items else []
            items.append(_unquote(found["value"].lstrip("- \t")))
    return values


def _unquote(value: str) -> str:
    return value.strip().strip("\"'").strip()


def _plain(loaded: dict[object, object], block: str) -> tuple[Values, tuple[Complaint, ...]]:
    """The values; keys with something other than the expected text, such as `title: {题}`, get the text of
    their line."""
    values, complete = normalise(loaded)
    complaints = [] if complete else [Complaint(f"front matter: {_TOO_MANY} ({MAX_VALUES:,} are read)")]
    odd = [key for key in _OF_ONE_TEXT & values.keys() if not isinstance(values[key], str)]
    if odd:
        lines = _lines(block)
        values |= {key: lines.get(key, "") for key in odd}
        names = ", ".join(key for key in values if key in odd)
        complaints.append(Complaint(f"front matter: {names} without quotes is no text for YAML"))
    return values, tuple(complaints)


def _why(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        problem = str(error.problem)
        if "nesting depth" in problem:  # since 6.0.4, libyaml has a limit of its own
            problem = _TOO_DEEP
        return f"line {error.problem_mark.line + 2}: {problem}"
    return _TOO_DEEP if isinstance(error, RecursionError) else type(error).__name__


# TOML


def _toml_values(block: str) -> tuple[Values, str]:
    try:
        return normalise(_load_toml(block))[0], ""
    except (ValueError, RecursionError) as error:
        reason = _TOO_DEEP if isinstance(error, RecursionError) else str(error)
        return _toml_lines(block), f"front matter is not valid TOML ({reason})"


def _load_toml(block: str) -> dict[str, object]:
    """Raises ValueError where it is not valid. A dotted key takes the square of its length."""
    if re.search(r"(?:[\w\"'-]+\s*\.\s*){100}", block):
        raise ValueError(_TOO_DEEP)
    return tomllib.loads(block, parse_float=str)


def _toml_lines(block: str) -> Values:
    """Values of invalid TOML, parsed line by line."""
    values: Values = {}
    table = values
    for line in block.splitlines():
        if found := _TOML_KEY.match(line):
            try:
                read = normalise(_load_toml(line))[0]
            except (ValueError, RecursionError):
                read = {found["key"].lower(): _unquote(found["value"])}
            table |= read
        elif found := _TOML_TABLE.match(line):
            table = {}
            values[found["name"].strip().lower()] = table
    return values


# JSON


def _json_head(text: str, start: int) -> FrontMatter:
    """JSON at the head of a text, if it has a key that posts use and text follows it."""
    head = text[start : start + MAX_LENGTH]
    if not re.search(rf'"(?:{_KNOWN})"\s*:', head, re.IGNORECASE):
        return FrontMatter({}, text)
    try:
        loaded, length = _DECODER.raw_decode(head)
    except (ValueError, RecursionError) as error:
        closing = _CLOSINGS["{"].search(text, start)
        if closing is None or not (values := _json_lines(text[start : closing.start()][:MAX_LENGTH])):
            return FrontMatter({}, text)
        reason = (
            f"front matter is not valid JSON ({_TOO_DEEP if isinstance(error, RecursionError) else error})"
        )
        return FrontMatter(values, text[closing.end() :], (Complaint(reason),))
    body = text[start + length :]
    if not body.strip() and not all(_KNOWN_KEY.match(f"{key}:") for key in loaded):
        return FrontMatter({}, text)  # a file of data
    return FrontMatter(normalise(loaded)[0], body.removeprefix("\n"))


def _json_values(block: str) -> tuple[Values, str]:
    try:
        return normalise(_DECODER.decode(block))[0], ""
    except (ValueError, RecursionError) as error:
        return _json_lines(block), f"front matter is not valid JSON ({error})"


def _json_lines(block: str) -> Values:
    found = (_JSON_KEY.match(line) for line in block.splitlines())
    return {match["key"].lower(): _unquote(match["value"]) for match in found if match}


_AS_WRITTEN: Callable[[str], str] = str
_DECODER = json.JSONDecoder(parse_float=_AS_WRITTEN, parse_int=_AS_WRITTEN, parse_constant=_AS_WRITTEN)


# Without an opening line


def _without_opening(text: str) -> FrontMatter:
    """Hexo's older form, `title: …` up to a line of hyphens; such lines up to an empty one; or a head of
    labelled lines, 标题：…"""
    if found := _NO_OPENING.match(text):
        start = found.end()
        closing = _CLOSINGS[""].search(text, start, start + MAX_LENGTH)
        if closing is not None:
            block = text[start : closing.start()]
            if all(map(_LINE_OF_BLOCK.match, block.split("\n"))):
                return _yaml_block(text, block, text[closing.end() :])
        if known := _KNOWN_LINES.match(text[:MAX_LENGTH]):
            return FrontMatter(_lines(known["block"]), text[known.end() :])
    labelled = labelled_head(text[:MAX_LENGTH])
    if labelled is None:
        return FrontMatter({}, text)
    values, others, length = labelled
    return FrontMatter({**values}, "\n".join([*others, text[length:]]))
