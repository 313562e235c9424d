"""Query text → a tree of `whoosh.query` nodes over logical fields.

    Term, Phrase, Prefix, Wildcard, FuzzyTerm     in `text` (title and body), `title` or `body`; their
                                                  text is as typed, not analysed (a Phrase holds one)
    Term, Phrase, Prefix                          in `author`, `category` or `tag`
    DateRange                                     in `date` or `added`
    Words                                         And of what stands side by side, without an operator
    And, Or, Not                                  of these

`startchar` and `endchar` of a leaf are its offsets in the text, with quotation marks and signs; it has none
where the operators could not be understood.

`whoosh.qparser` parses, with plugins for this language. Nothing that is typed is an error but a query
over the length limit: what can't be understood is searched as text, and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import chain

from whoosh import query
from whoosh.qparser.common import attach

from index.analysis.document import KEY_FIELDS
from index.errors import QueryError
from index.language import Message
from search.query.dates import ALLOWED, parse_range
from search.query.grammar import DATE_FIELDS, DEFAULT_FIELD, FIELD_NAMES, OPERATORS, Words, is_pattern, parser
from search.settings import SearchSettings

# Full-width forms of ASCII, and the ideographic space; but a full-width comma is none between thousands.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != 0xFF0C} | {0x3000: 0x20}
# Quotation marks that stand around a word of their own are those of the query language; inside a
# sentence, or inside others, they are punctuation.
_PAIRS = (("“", "”"), ("„", "”"), ("「", "」"), ("『", "』"), ("«", "»"), ("〝", "〞"))
_QUOTED = re.compile(
    r'"[^"]*"|(?<![^\s(:\-!|])(?:'
    + "|".join(rf'{start}[^{start}{end}"]*{end}' for start, end in _PAIRS)
    + r")(?=[\s)~^|]|$)"
)
# As it was typed: Python：入门 is a title, std::string and localhost:8080 are names.
_UNKNOWN_FIELD = re.compile(r"(?<![^\s(\-!|])(?P<name>[A-Za-z]{3,}):(?=[^\s/:\d])")
# Signs of a pattern where none is allowed. *ST stands before shares that may be delisted.
_LOST_SIGN = re.compile(r"(?<!\S)(?:[*?]+(?!ST)[^\W\d]\S*|[^\W\d]+\*+\w\S*|[^\W\d]+~\d?(?!\S))|^[A-Za-z]+\?$")
# No text: half a character of a file name or a terminal, or one that ends strings in C.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Note(Message):
    """A message about a query."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A tree, and notes on what could not be read as intended."""

    tree: query.Query
    notes: tuple[Note, ...]


class DateRange(query.NumericRange):  # type: ignore[misc]
    """Dates of a field from `start` to before `end`, in seconds since 1970; `typed` is their text."""

    def __init__(self, fieldname: str, typed: str, start: int | None, end: int | None) -> None:
        super().__init__(fieldname, start, end, endexcl=True)
        self.typed = typed


def parse_query(text: str, settings: SearchSettings, zone: tzinfo, today: date | None = None) -> ParsedQuery:
    """Parses a query. `zone` is the time zone of its dates, and `today` the day from which spans such as -30d
    are counted back. Raises QueryError where it is too long."""
    if len(text) > settings.max_query_length:
        raise QueryError(
            "the query has {length:,} characters, and {limit:,} are allowed (max_query_length). Leave out "
            "what is not needed.",
            length=len(text),
            limit=settings.max_query_length,
        )
    notes: list[Note] = []
    typed = _NO_TEXT.sub(" ", text)
    text = _QUOTED.sub(lambda found: f'"{found[0][1:-1]}"', typed.translate(_NARROW))
    unquoted = _unquoted(typed, text)
    _note_unknown_fields(unquoted, notes)
    _note_lost_signs(unquoted, notes)
    text = _check_quotes(text, notes)
    text = _check_parentheses(text, settings.max_query_nesting, notes)
    try:
        tree = parser().parse(text, normalize=False)
    except Exception:  # noqa: BLE001  # whoosh trips over operators without operands in several ways
        notes.append(Note("The operators could not be understood; the query was searched as text."))
        words = (word for word in re.split(r"[\s()\"|]+", text) if word not in OPERATORS)
        tree = Words([query.Term(DEFAULT_FIELD, word) for word in words])
    patterns = _Patterns(settings.max_query_patterns, notes)
    tree = _simplified(tree, lambda leaf: patterns.limited(_read(leaf, zone, today, notes)))
    return ParsedQuery(tree, tuple(note for i, note in enumerate(notes) if note not in notes[:i]))


def _unquoted(typed: str, text: str) -> str:
    """`typed` without the quoted parts of `text`, which has the same length."""
    inside = (found.span() for found in re.finditer(r'"[^"]*"', text))
    ends = [0, *chain.from_iterable(inside), len(typed)]
    return "".join(typed[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True))


def _check_quotes(text: str, notes: list[Note]) -> str:
    if text.count('"') % 2 == 0:
        return text
    notes.append(Note("A quotation mark has no partner, and was ignored."))
    head, _, tail = text.rpartition('"')
    return f"{head} {tail}"


def _check_parentheses(text: str, limit: int, notes: list[Note]) -> str:
    """Removes parentheses that are nested too deeply: Whoosh's parser is recursive."""
    quoted = re.sub(r'"[^"]*"', "", text)
    depth = deepest = 0
    unbalanced = False
    for character in quoted:
        depth += (character == "(") - (character == ")")
        unbalanced = unbalanced or depth < 0
        depth = max(depth, 0)
        deepest = max(deepest, depth)
    if deepest > limit:
        notes.append(
            Note(
                "Parentheses were ignored: {deepest} inside one another, and {limit} are allowed "
                "(max_query_nesting).",
                {"deepest": deepest, "limit": limit},
            )
        )
        return re.sub(r"[()]", " ", text)
    if depth or unbalanced:
        notes.append(Note("A parenthesis has no partner, and was ignored."))
    return text


def _note_unknown_fields(text: str, notes: list[Note]) -> None:
    for found in _UNKNOWN_FIELD.finditer(text):
        if found["name"].lower() not in FIELD_NAMES:
            notes.append(
                Note(
                    "There is no field {name}; it was searched as text. Fields: {fields}.",
                    {"name": found["name"], "fields": ", ".join(dict.fromkeys(FIELD_NAMES.values()))},
                )
            )


def _note_lost_signs(text: str, notes: list[Note]) -> None:
    for found in _LOST_SIGN.finditer(text):
        if not is_pattern(found[0]) and "=" not in found[0]:
            notes.append(
                Note(
                    "{word} is no pattern, and was searched as text: * is allowed behind a word "
                    "or between letters, ? between letters, ~ behind three letters or more.",
                    {"word": found[0]},
                )
            )


def _read(leaf: query.Query, zone: tzinfo, today: date | None, notes: list[Note]) -> query.Query:
    """A leaf with its date parsed; as text, with a note, where it is not valid in its field."""
    text = leaf.words[0] if isinstance(leaf, query.Phrase) else leaf.text
    if not text.strip():
        return query.NullQuery
    if leaf.fieldname in DATE_FIELDS:
        try:
            dates = parse_range(text, zone, today)
        except ValueError:
            notes.append(
                Note(
                    "{date} is not a date, and was searched as text. Allowed: {allowed}.",
                    {"date": text, "allowed": ALLOWED},
                )
            )
            return query.Term(DEFAULT_FIELD, text)
        if dates.is_turned:
            notes.append(
                Note("{date} ends before it starts, and was read the other way round.", {"date": text})
            )
        return DateRange(leaf.fieldname, text, dates.start, dates.end)
    if isinstance(leaf, query.Term) and text in OPERATORS:
        notes.append(
            Note("{operator} has nothing on one side, and was searched as a word.", {"operator": text})
        )
    if leaf.fieldname in KEY_FIELDS and isinstance(leaf, query.Wildcard | query.FuzzyTerm):
        notes.append(
            Note("? and ~ work in title and body only; {text} was searched as it stands.", {"text": text})
        )
        return query.Term(leaf.fieldname, text)
    return leaf


class _Patterns:
    """Limits the patterns of a query, each of which may stand for a thousand words. Patterns over the
    limit become text."""

    def __init__(self, limit: int, notes: list[Note]) -> None:
        self._left = self._limit = limit
        self._notes = notes

    def limited(self, leaf: query.Query) -> query.Query:
        match leaf:
            case query.Prefix() | query.Wildcard() | query.FuzzyTerm():
                words = re.sub(r"[*?]+", " ", leaf.text)
            case query.Phrase() if leaf.slop:
                words = leaf.words[0]
            case _:
                return leaf
        self._left -= 1
        if self._left >= 0:
            return leaf
        self._notes.append(
            Note(
                "The query has more than {limit} patterns with *, ? or ~ (max_query_patterns); the last ones "
                "were searched as words.",
                {"limit": self._limit},
            )
        )
        return query.Term(leaf.fieldname, words, boost=_boost(leaf))


def _simplified(node: query.Query, read: Callable[[query.Query], query.Query]) -> query.Query:
    """The tree with its leaves read; empty nodes, groups of one, and groups inside groups of the same kind
    are dissolved."""
    match node:
        case query.And() | query.Or():
            children: list[query.Query] = []
            for child in (_simplified(inner, read) for inner in node.subqueries):
                if type(child) is type(node) and child.boost == 1.0:
                    children.extend(child.subqueries)
                elif child is not query.NullQuery:
                    children.append(child)
            if not children:
                return query.NullQuery
            if len(children) == 1:
                only = children[0]
                return only if node.boost == 1.0 else only.with_boost(_boost(only) * node.boost)
            return type(node)(children, boost=node.boost)
        case query.Not():
            inner = _simplified(node.query, read)
            if isinstance(inner, query.Not):
                return inner.query
            return inner if inner is query.NullQuery else query.Not(inner)
        case query.Term() | query.Prefix() | query.Wildcard() | query.FuzzyTerm() | query.Phrase():
            leaf = read(node)
            # A date that is none becomes a text of another field, which was typed nowhere.
            is_as_typed = leaf is not query.NullQuery and leaf.fieldname == node.fieldname
            return attach(leaf, node) if is_as_typed else leaf
    return query.NullQuery


def _boost(node: query.Query) -> float:
    return float(getattr(node, "boost", 1.0))
