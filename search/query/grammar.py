"""The grammar of the query language, as plugins of `whoosh.qparser`."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Any

from whoosh import query
from whoosh.qparser import QueryParser, plugins, syntax
from whoosh.qparser.common import attach

# Names of fields, as typed before a colon → the field.
FIELD_NAMES = {
    "title": "title",
    "标题": "title",
    "標題": "title",
    "body": "body",
    "正文": "body",
    "内容": "body",
    "內容": "body",
    "author": "author",
    "作者": "author",
    "category": "category",
    "分类": "category",
    "分類": "category",
    "tag": "tag",
    "标签": "tag",
    "標籤": "tag",
    "date": "date",
    "日期": "date",
    "added": "added",
    "收录": "added",
    "收錄": "added",
}
# Fields of dates: of the article, and of when it came into the index.
DATE_FIELDS = ("date", "added")
DEFAULT_FIELD = "text"
# Characters before a ^ that are looked at for a number.
_LONGEST_NUMBER = 40
# The fields of an article that each of those with text stands for.
SEARCHED_FIELDS = {DEFAULT_FIELD: ("title", "body"), "title": ("title",), "body": ("body",)}

_FIELD = rf"(?<![^\s(\-!|])(?P<text>(?i:{'|'.join(FIELD_NAMES)})):\s*(?=\S)"
# A word with a sign of its own stands alone: a?b is no pattern in http://example.org/a?b=c.
_START = r"(?<![^\s(:\-!|])"
_STOP = r"(?=[\s)^|]|$)"
_PREFIX = r"(?![-!])(?P<text>[^\s()\"|*?~:^]+)\*"
_WILDCARD = r"(?P<text>[A-Za-z][A-Za-z0-9]*(?:[*?]+[A-Za-z0-9]+)+\*?)"
_FUZZY = r"(?P<text>[A-Za-z]{3,})~(?P<distance>[12])?"
is_pattern = re.compile("|".join(re.sub(r"\?P<\w+>", "", p) for p in (_PREFIX, _WILDCARD, _FUZZY))).fullmatch
OPERATORS = ("AND", "OR", "NOT")


class Words(query.And):  # type: ignore[misc]
    """AND of words side by side without an operator; partial matches may follow."""


class _WordsGroup(syntax.GroupNode):  # type: ignore[misc]
    qclass = Words


class _SpacedDatePlugin(plugins.TaggingPlugin):  # type: ignore[misc]
    """Dates with a space inside, `date: >= 2022` and `date:last month`; and spans, whose sign is no NOT."""

    priority = -10

    def __init__(self) -> None:
        compared = r"[<>=≥≤]+\s*[^\s()\"|]+"
        worded = r"(?i:this|last|past)\s+(?:[0-9]+\s+)?(?i:day|week|month|year)s?(?=[\s)|]|$)"
        span = r"-[0-9][^\s()\"|]*"
        super().__init__(
            rf"(?<![^\s(\-!|])(?P<field>(?i:date|日期|added|收录|收錄)):\s*(?P<text>{compared}|{worded}|{span})"
        )

    def create(self, parser: QueryParser, match: re.Match[str]) -> syntax.SyntaxNode:
        text = match["text"]
        node = syntax.WordNode("".join(text.split()) if text[0] in "<>=≥≤" else " ".join(text.split()))
        node.fieldname = FIELD_NAMES[match["field"].lower()]
        return node


class _PhrasePlugin(plugins.Plugin):  # type: ignore[misc]
    """`"…"` and `"…"~10`; the text inside stays as it is."""

    class Node(syntax.TextNode):  # type: ignore[misc]
        def __init__(self, text: str, slop: int) -> None:
            super().__init__(text)
            self.slop = slop

        def query(self, parser: QueryParser) -> query.Query:
            name = self.fieldname or parser.fieldname
            return attach(query.Phrase(name, [self.text], slop=self.slop, boost=self.boost), self)

    class Tagger(plugins.RegexTagger):  # type: ignore[misc]
        def create(self, parser: QueryParser, match: re.Match[str]) -> syntax.SyntaxNode:
            slop = min(int(match["slop"] or 0), 1000)
            return _PhrasePlugin.Node(match["text"], slop)

    def taggers(self, parser: QueryParser) -> list[tuple[Any, int]]:
        return [(self.Tagger(r'"(?P<text>[^"]*)"(?:~(?P<slop>[0-9]{1,4}))?'), 0)]


class _PatternPlugin(plugins.TaggingPlugin):  # type: ignore[misc]
    """A word with a sign of its own: `交管*`, `tensor?low`, `kubernets~2`."""

    priority = -5

    def __init__(self, expression: str, kind: type[query.Query]) -> None:
        super().__init__(f"{_START}{expression}{_STOP}")
        self._kind = kind

    def create(self, parser: QueryParser, match: re.Match[str]) -> syntax.SyntaxNode:
        node = _PatternNode(match["text"])
        node.kind = self._kind
        node.distance = int(match.groupdict().get("distance") or 1)
        return node


class _PatternNode(syntax.TextNode):  # type: ignore[misc]
    kind: type[query.Query]
    distance: int

    def query(self, parser: QueryParser) -> query.Query:
        name = self.fieldname or parser.fieldname
        if self.kind is query.FuzzyTerm:
            return attach(query.FuzzyTerm(name, self.text, boost=self.boost, maxdist=self.distance), self)
        return attach(self.kind(name, self.text, boost=self.boost), self)


class _FieldsPlugin(plugins.FieldsPlugin):  # type: ignore[misc]
    class FieldnameTagger(plugins.RegexTagger):  # type: ignore[misc]
        def create(self, parser: QueryParser, match: re.Match[str]) -> syntax.SyntaxNode:
            return syntax.FieldnameNode(FIELD_NAMES[match["text"].lower()], match[0])

    def __init__(self) -> None:
        super().__init__(_FIELD)


class _WeightPlugin(plugins.BoostPlugin):  # type: ignore[misc]
    """`word^3`, with a number behind the sign, and no bare number before it: 2^32 is text."""

    expr = r"\^(?P<boost>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?=[\s)|]|$)"
    _is_bare_number = re.compile(r"(?:[^\s()|:]*\^)?[-+0-9.,/×x*]+").fullmatch

    def create(self, parser: QueryParser, match: re.Match[str]) -> syntax.SyntaxNode | None:
        before = match.string[max(0, match.start() - _LONGEST_NUMBER) : match.start()]
        return (
            None if self._is_bare_number(re.split(r"[\s(|:]", before)[-1]) else super().create(parser, match)
        )


class _Parser(QueryParser):  # type: ignore[misc]
    """Searches once for the next operator of each kind, where Whoosh tries every kind at every character.
    Its plugins stay as they are, so that they are asked once for what they do."""

    @cached_property
    def _taggers(self) -> list[Any]:
        return list(super().taggers())

    @cached_property
    def _filters(self) -> list[Any]:
        return list(super().filters())

    def taggers(self) -> list[Any]:
        return self._taggers

    def filters(self) -> list[Any]:
        return self._filters

    def tag(self, text: str, pos: int = 0, debug: bool = False) -> syntax.GroupNode:
        nodes: list[syntax.SyntaxNode] = []
        taggers = self.taggers()  # those of a higher priority come first
        matches = [tagger.expr.search(text, pos) for tagger in taggers]
        while any(matches):
            start, number = min((match.start(), number) for number, match in enumerate(matches) if match)
            node = taggers[number].create(self, matches[number])
            if node is None:
                matches[number] = taggers[number].expr.search(text, start + 1)
                continue
            end = matches[number].end()
            nodes += [*_between(text, pos, start), node.set_range(start, end)]
            pos = end
            matches = [
                match if match is None or match.start() >= pos else tagger.expr.search(text, pos)
                for tagger, match in zip(taggers, matches, strict=True)
            ]
        return self.group([*nodes, *_between(text, pos, len(text))])


def _between(text: str, start: int, end: int) -> list[syntax.SyntaxNode]:
    """The word between two operators, if there is one."""
    return [syntax.WordNode(text[start:end]).set_range(start, end)] if start < end else []


@cache
def parser() -> QueryParser:
    """The parser of the query language. It is stateless."""
    boundary = r"(?:^|(?<=[\s(|]))"
    operators = plugins.OperatorsPlugin(
        # One of several in a row.
        And=r"(?<=[\s)\"])AND(?:\s+AND)*(?=[\s(\"])",
        Or=r"(?<=[\s)\"])OR(?:\s+OR)*(?=[\s(\"])|\|(?:\s*\|)*",
        Not=rf"{boundary}(?:NOT(?=[\s(\"])|[-!](?=[^\s\-!)|]))",
        AndNot=None,
        AndMaybe=None,
        Require=None,
    )
    return _Parser(
        DEFAULT_FIELD,
        None,
        plugins=[
            plugins.WhitespacePlugin(),
            plugins.GroupPlugin(),
            operators,
            _SpacedDatePlugin(),
            _FieldsPlugin(),
            _PhrasePlugin(),
            _PatternPlugin(_PREFIX, query.Prefix),
            _PatternPlugin(_WILDCARD, query.Wildcard),
            _PatternPlugin(_FUZZY, query.FuzzyTerm),
            _WeightPlugin(_WeightPlugin.expr),
        ],
        group=_WordsGroup,
    )
