"""Folding: golden cases, and the properties that its module states."""

from __future__ import annotations

import json
import sys
import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis.fold import CharacterTable, MappedText, fold, fold_key
from index.analysis.variants import CHOSEN, RADICALS, REGIONAL, SEMANTIC

CASES = json.loads((Path(__file__).parent / "cases" / "fold.json").read_text(encoding="utf-8"))

# Characters that fold to none, to several, to another one, and to themselves; and any other.
TEXTS = st.text(st.one_of(st.sampled_from("國a１㍿½İ​️👨𠮷\ud800\n．\u0301"), st.characters(codec=None)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, str]) -> None:
    assert fold(case["text"]) == case["folded"]


@given(TEXTS, TEXTS)
def test_context_makes_no_difference(left: str, right: str) -> None:
    assert fold(left + right) == fold(left) + fold(right)


@pytest.mark.slow
def test_folding_twice_is_folding_once() -> None:
    """Of every character there is; since context makes no difference, of every text."""
    every = map(chr, range(sys.maxunicode + 1))
    assigned = "".join(c for c in every if unicodedata.category(c) not in ("Cn", "Co"))
    assert fold(fold(assigned)) == fold(assigned)


@given(st.text("abＡB國國 　\t\n"))
def test_names_differ_neither_by_white_space_nor_by_form(name: str) -> None:
    key = fold_key(name)
    assert key == fold_key(f"  {name}\u3000") == fold_key(key)
    assert key.split() == fold(name).split()


@settings(max_examples=examples(200))
@given(TEXTS.filter(fold), st.data())
@example("​​a​​", None)
def test_source_is_the_least_range_of_the_original_that_holds_what_was_found(
    original: str, data: st.DataObject | None
) -> None:
    mapped = MappedText(original, TABLE)
    assert mapped.text == fold(original)
    length = len(mapped.text)
    start = data.draw(st.integers(0, length - 1)) if data else 0
    end = data.draw(st.integers(start + 1, length)) if data else length
    first, last = mapped.source(start, end)
    # Everything found comes from the range …
    assert len(fold(original[:first])) <= start
    assert len(fold(original[:last])) >= end
    # … and from its first and its last character, too.
    assert len(fold(original[: first + 1])) > start
    assert len(fold(original[: last - 1])) < end


TABLE = CharacterTable(fold)


def test_tables_may_be_used_by_several_threads() -> None:
    """A web server highlights in many threads, and characters are looked up when they are first met."""
    table = CharacterTable(lambda character: character * 2)
    failures: list[Exception] = []
    is_over = threading.Event()

    def map_texts() -> None:
        while not is_over.is_set():
            try:
                assert MappedText("中a", table).source(1, 3) == (0, 2)
            except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
                failures.append(error)
                return

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=map_texts) for _ in range(2)]
        for thread in threads:
            thread.start()
        for code_point in range(0x4E00, 0x9FFF):
            chr(code_point).translate(table)
        is_over.set()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures


# Variants

TABLES = {
    name: [(pair[0], pair[1]) for pair in table.split()]
    for name, table in (
        ("REGIONAL", REGIONAL),
        ("SEMANTIC", SEMANTIC),
        ("RADICALS", RADICALS),
        ("CHOSEN", CHOSEN),
    )
}


def test_not_all_of_unicode_is_remembered() -> None:
    """Queries may bring a million characters, one by one, and each would take 200 bytes for good."""
    table = CharacterTable(lambda character: character * 2 if character == "\U0010ffff" else character)
    assert "".join(map(chr, range(0x10000, 0x30000))).translate(table).startswith("\U00010000\U00010001")
    assert len(table) < 100_000
    mapped = MappedText("a\U0010ffffb", table)
    assert (mapped.text, mapped.source(3, 4)) == ("a\U0010ffff\U0010ffffb", (2, 3))


def is_simplified(character: str) -> bool:
    """Whether Simplified Chinese writes it, by its first standard."""
    return character.encode("gb2312", "ignore") != b""


@pytest.mark.parametrize("name", TABLES)
def test_a_variant_and_what_it_is_a_form_of_are_the_same(name: str) -> None:
    for source, target in TABLES[name]:
        assert fold(source) == fold(target) != source


def test_what_simplified_chinese_writes_is_no_variant() -> None:
    for name in ("REGIONAL", "SEMANTIC", "RADICALS"):
        assert [source for source, _ in TABLES[name] if is_simplified(source)] == []
    assert [source for source, _ in TABLES["CHOSEN"] if is_simplified(source)] == ["著", "藉", "彷"]


def test_a_variant_has_one_form() -> None:
    sources = [source for table in TABLES.values() for source, _ in table]
    assert len(sources) == len(set(sources))


def test_every_character_of_gb2312_stays_but_those_that_traditional_chinese_shares() -> None:
    """Whatever is added to the tables: no two characters of Simplified Chinese become one unnoticed."""
    ideographs = [chr(code) for code in range(0x4E00, 0xA000) if is_simplified(chr(code))]
    moved = {character: fold(character) for character in ideographs if fold(character) != character}
    assert set(moved) == set("乾於吒夥後徵拚捱摺榘菸藉薹袷醣麴麽著彷")
