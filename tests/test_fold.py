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

from index.analysis.fold import CharacterTable, MappedText, fold, fold_key

CASES = json.loads((Path(__file__).parent / "cases" / "fold.json").read_text(encoding="utf-8"))

# Characters that fold to none, to several, to another one, and to themselves; and any other.
TEXTS = st.text(st.one_of(st.sampled_from("國a１㍿½İ​️👨𠮷\ud800\n．\u0301"), st.characters(codec=None)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_golden(case: dict[str, str]) -> None:
    assert fold(case["text"]) == case["folded"]


@given(TEXTS, TEXTS)
def test_context_makes_no_difference(left: str, right: str) -> None:
    assert fold(left + right) == fold(left) + fold(right)


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


@settings(max_examples=200)
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
