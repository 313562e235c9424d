"""What a person typed → a tree. Golden cases are in cases/syntax.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties import examples
from whoosh import query
from whoosh.qparser import QueryParser

from index.errors import QueryError
from search.query.grammar import FIELD_NAMES, Words, parser
from search.query.parser import DateRange, Note, ParsedQuery, parse_query
from search.settings import SearchSettings

ZONE = ZoneInfo("Asia/Shanghai")
CASES = json.loads((Path(__file__).parent / "cases" / "syntax.json").read_text(encoding="utf-8"))["cases"]


def leaves(node: query.Query) -> Iterator[query.Query]:
    """The leaves of a tree, from left to right."""
    match node:
        case query.And() | query.Or():
            for child in node.subqueries:
                yield from leaves(child)
        case query.Not():
            yield from leaves(node.query)
        case _:
            yield node


def parse(text: str, **limits: int) -> ParsedQuery:
    return parse_query(text, SearchSettings(**limits), ZONE)  # type: ignore[arg-type]


def written(node: query.Query) -> str:
    """A tree in the notation of the golden cases."""
    if node is query.NullQuery:
        return "()"
    boost = "" if getattr(node, "boost", 1.0) == 1.0 else f"^{node.boost:g}"
    match node:
        case query.And() | query.Or():
            name = {Words: "words", query.And: "and", query.Or: "or"}[type(node)]
            return f"({name} {' '.join(map(written, node.subqueries))}){boost}"
        case query.Not():
            return f"(not {written(node.query)})"
        case DateRange():
            return f"[{written_date(node.start)} .. {written_date(node.end)})"
    field = "" if node.fieldname == "text" else f"{node.fieldname}:"
    match node:
        case query.Phrase():
            (text,) = node.words
            return f'{field}"{text}"' + (f"~{node.slop}" if node.slop else "") + boost
        case query.Prefix():
            return f"<{field}{node.text}*>{boost}"
        case query.Wildcard():
            return f"<{field}{node.text}>{boost}"
        case query.FuzzyTerm():
            return f"<{field}{node.text}~{node.maxdist}>{boost}"
        case query.Term():
            return f"{field}{node.text}{boost}"
    raise AssertionError(f"{node!r} is not of the query language")


def written_date(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    moment = datetime.fromtimestamp(seconds, ZONE)
    assert (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden_case(case: dict[str, Any]) -> None:
    parsed = parse(case["typed"])
    assert written(parsed.tree) == case["tree"]
    wanted = case.get("notes", [])
    assert len(parsed.notes) == len(wanted)
    for note, part in zip(parsed.notes, wanted, strict=True):
        assert part in str(note)


@pytest.mark.parametrize("name", FIELD_NAMES)
@pytest.mark.parametrize("colon", [":", "："])
def test_every_name_of_a_field_is_understood(name: str, colon: str) -> None:
    parsed = parse(f"公安 {name}{colon}2022")
    field = FIELD_NAMES[name]
    assert not parsed.notes
    assert [leaf.fieldname for leaf in leaves(parsed.tree)] == ["text", field]


def test_text_over_the_limit_is_an_error_that_names_the_limit() -> None:
    parse("公" * 1000)
    with pytest.raises(QueryError, match=r"1,001.*1,000.*max_query_length"):
        parse("公" * 1001)
    with pytest.raises(QueryError, match="10,000"):
        parse("公安 " * 3333 + "a")
    with pytest.raises(QueryError):
        parse("((" * 3000)


@pytest.mark.parametrize("pattern", ["ab*", "t*t", "abc~", '"公安 交管"~3'])
def test_patterns_over_the_limit_are_words_with_one_note(pattern: str) -> None:
    inside = parse(" OR ".join([pattern] * 3), max_query_patterns=3)
    assert not inside.notes
    over = parse(" OR ".join([pattern] * 5), max_query_patterns=3)
    assert [type(leaf) is query.Term for leaf in over.tree.leaves()] == [False] * 3 + [True] * 2
    assert len(over.notes) == 1
    assert "more than 3 patterns" in str(over.notes[0])


def test_thousands_of_parentheses_are_ignored_with_a_note() -> None:
    parsed = parse("(" * 3000 + "公安 OR 交管" + ")" * 3000, max_query_length=10_000)
    assert written(parsed.tree) == "(or 公安 交管)"
    assert "3000" in str(parsed.notes[0])
    assert "max_query_nesting" in str(parsed.notes[0])


@pytest.mark.parametrize(
    "text",
    [
        "公安 " * 3000,
        "公安 OR " * 1500,
        "公安 AND " * 1200,
        "NOT " * 2500,
        "-" * 10_000,
        "|" * 10_000,
        '"' * 10_000,
        '"公" ' * 2500,
        ")" * 10_000,
        "() " * 3000,
        "title:" * 1600,
        "公^2" * 3000,
        "a*" * 5000,
        "a?b " * 2500,
        "-(公 " * 2500,
        "“公” " * 2500,
        "date:" * 2000,
    ],
    ids=lambda text: text[:8],
)
def test_long_queries_of_one_kind_are_parsed_without_trouble(text: str) -> None:
    parsed = parse(text, max_query_length=20_000)
    assert isinstance(parsed.tree, query.Query)


def test_dates_are_in_the_zone_of_the_index() -> None:
    tree = parse_query("date:2022-01-04", SearchSettings(), ZoneInfo("America/New_York")).tree
    assert tree.start == 1641272400  # 2022-01-04T05:00:00Z
    assert tree.end - tree.start == 24 * 3600


def test_a_date_is_kept_as_it_was_typed() -> None:
    for typed in ("2022-01", ">=2022-01", "2022-01..2022-03", "2022年"):
        assert parse(f"date:{typed}").tree.typed == typed


def test_a_note_is_its_template_filled() -> None:
    note = Note("{date} is not a date", {"date": "昨天"})
    assert str(note) == "昨天 is not a date"
    assert str(Note("There is nothing to search for.")) == "There is nothing to search for."


FRAGMENTS = [
    "AND", "OR", "NOT", "-", "!", "|", "(", ")", '"', "“", "”", "「", "」", "^", "^2", "~", "~2", "~10",
    "*", "?", ":", "title:", "标题：", "date:", "日期：", "author:", "foo:", ">=", "<", "..", "2022",
    "2022-01", "公安", "a", "tensor", " ", "  ", "　", "\n", "（", "）", "｜", "－", "\0", "\ud83d",
    "😀", "é", "…", "\\", "'", "{", "}", "[",
]  # fmt: skip


def is_of_the_language(node: query.Query) -> bool:
    if node is query.NullQuery:
        return True
    if isinstance(node, query.And | query.Or):
        return len(node.subqueries) > 1 and all(
            child is not query.NullQuery and is_of_the_language(child) for child in node.subqueries
        )
    if isinstance(node, query.Not):
        return node.query is not query.NullQuery and is_of_the_language(node.query)
    return bool(written(node)) and node.fieldname in {"text", *FIELD_NAMES.values()}


def check(text: str) -> None:
    try:
        parsed = parse(text)
    except QueryError:
        assert len(text) > 1000
        return
    assert is_of_the_language(parsed.tree), written(parsed.tree)
    for leaf in leaves(parsed.tree):
        if leaf is query.NullQuery:
            assert leaf is parsed.tree
            continue
        name = leaf.fieldname
        if isinstance(leaf, DateRange):
            assert leaf.start is not None or leaf.end is not None
            continue
        # Dates are ranges, and names have no patterns.
        kinds: tuple[type, ...] = (query.Term, query.Phrase, query.Prefix)
        if name in ("text", "title", "body"):
            kinds += (query.Wildcard, query.FuzzyTerm)
        assert isinstance(leaf, kinds)
        assert name != "date"
    for note in parsed.notes:
        str(note).encode()


@settings(max_examples=examples(300))
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=20).map("".join))
@example("(A NOT ) AND B")
@example("title:-公安")
@example("*AND\ud83d")
def test_signs_in_any_order_are_read_somehow(text: str) -> None:
    check(text)


@settings(max_examples=examples(300))
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=20).map("".join))
@example("a^x^2 b^")
def test_signs_are_found_where_whoosh_finds_them(text: str) -> None:
    def found(tag: Callable[..., Any]) -> list[object]:
        return [(type(node), node.startchar, node.endchar, vars(node)) for node in tag(parser(), text)]

    assert str(found(type(parser()).tag)) == str(found(QueryParser.tag))


@settings(max_examples=examples(200))
@given(st.text(max_size=1100))
def test_any_text_is_read_somehow(text: str) -> None:
    check(text)


@settings(max_examples=examples(100))
@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_letters_and_digits_are_one_word_as_they_are(text: str) -> None:
    narrow = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)
    if narrow not in ("AND", "OR", "NOT"):
        assert written(parse(text).tree) == narrow
        assert not parse(text).notes


@pytest.mark.parametrize(
    ("typed", "tree"),
    [
        ("date:-30d", "[2024-03-01 .. -)"),
        ("date: -30d 公安", "(words [2024-03-01 .. -) 公安)"),
        ("-date:-1y 公安", "(words (not [2023-03-31 .. -)) 公安)"),
        ("日期：上个月", "[2024-02-01 .. 2024-03-01)"),
        ("date:last month 公安", "(words [2024-02-01 .. 2024-03-01) 公安)"),
        ("date:(去年|今年)", "(or [2023-01-01 .. 2024-01-01) [2024-01-01 .. 2025-01-01))"),
        ("date:６月", "[2023-06-01 .. 2023-07-01)"),
        ("date:<-30d", "[- .. 2024-03-01)"),
        ("date:-60d..-30d", "[2024-01-31 .. 2024-03-02)"),
    ],
)
def test_dates_in_words_are_counted_from_the_day_that_is_given(typed: str, tree: str) -> None:
    parsed = parse_query(typed, SearchSettings(), ZONE, date(2024, 3, 31))
    assert written(parsed.tree) == tree
    assert not parsed.notes
