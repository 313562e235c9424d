"""Units and grams: golden cases, and the promise that every substring is found, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis import Analyzer
from index.analysis.bulk import accelerate_folding, cut_long
from index.analysis.grams import (
    BOUNDARY,
    SEPARATED,
    phrase_grams,
    separate,
    text_grams,
    units,
)
from index.analysis.numbers import joined_numbers
from index.analysis.unit_text import UnitPattern, UnitText
from index.analysis.words import Segmenter


def load(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases" / name).read_text("utf-8"))
    return found


# What the rules tell apart (few of each, so that phrases repeat), and any other character.
SAMPLES = st.sampled_from(
    "×x*○0o零一─"
    "放管國a..A1２，。—-_“” \n%+| 👍👨\u200d𠮷㍿½İé\u0301ガｶﾞ\u3000\ufe0f٣\U00011066हि\ud800\uffff…㎡"
)
TEXTS = st.text(st.one_of(SAMPLES, SAMPLES, st.characters(codec=None)), max_size=24)
UNITS = TEXTS.map(separate).map(units)


@pytest.mark.parametrize("case", load("grams.json"), ids=lambda case: case["comment"])
def test_golden_units(case: dict[str, str]) -> None:
    assert " ".join(units(separate(case["text"]))) == case["units"]


@pytest.mark.parametrize("case", load("finds.json"), ids=lambda case: case["comment"])
def test_golden_finds(case: dict[str, Any]) -> None:
    pattern = UnitPattern(units(separate(case["phrase"])))
    assert [case["text"][start:end] for start, end in UnitText(case["text"]).find(pattern)] == case["found"]


@given(TEXTS)
def test_separating_loses_nothing_but_what_is_transparent(text: str) -> None:
    """Every letter, mark, number and symbol that is left is in a unit, in order."""
    separated = separate(text)
    kept = separated.replace(" ", "").strip(BOUNDARY)
    assert "".join(units(separated)).replace("·", "") == kept.replace("×", "x")


@given(UNITS)
def test_every_unit_starts_exactly_one_gram(found: list[str]) -> None:
    grams = text_grams(found).split(" ") if found else []
    assert len(grams) == len(found)
    for position, gram in enumerate(grams):
        assert gram == found[position] + (found[position + 1] if position + 1 < len(found) else BOUNDARY)


@settings(max_examples=examples(200))
@given(UNITS, st.data())
def test_a_phrase_is_where_its_units_are_and_nowhere_else(found: list[str], data: st.DataObject) -> None:
    assume(len(found) >= 2)
    start = data.draw(st.integers(0, len(found) - 2))
    phrase = found[start : data.draw(st.integers(start + 2, len(found)))]
    assume(BOUNDARY not in (phrase[0], phrase[-1]))  # a query has none at its edges
    grams = dict(enumerate(text_grams(found).split(" ")))
    by_grams = [
        position
        for position in grams
        if all(grams.get(position + offset) == gram for offset, gram in phrase_grams(phrase))
    ]
    by_units = [p for p in range(len(found)) if found[p : p + len(phrase)] == phrase]
    assert by_grams == by_units
    assert start in by_grams


@given(UNITS)
def test_grams_of_a_phrase_hold_each_of_its_units_and_no_gram_too_many(found: list[str]) -> None:
    assume(len(found) >= 2)
    grams = phrase_grams(found)
    assert grams[0][0] == 0
    covered = {unit for offset, _ in grams for unit in (offset, offset + 1)}
    assert covered == set(range(len(found)))
    assert len(grams) == (len(found) + 1) // 2


def occurrences(found: list[str], phrase: list[str]) -> int:
    """How often units occur in a row, from the left, without overlap."""
    count = position = 0
    while position <= len(found) - len(phrase):
        is_here = found[position : position + len(phrase)] == phrase
        count += is_here
        position += len(phrase) if is_here else 1
    return count


@settings(max_examples=examples(400))
@given(TEXTS, st.data())
def test_marks_are_matches(text: str, data: st.DataObject) -> None:
    """What is marked in a text is what the index would find there: as often, and with the same units."""
    found = units(separate(text))
    assume(found)
    start = data.draw(st.integers(0, len(found) - 1))
    phrase = found[start : data.draw(st.integers(start + 1, min(len(found), start + 6)))]
    assume(BOUNDARY not in (phrase[0], phrase[-1]))  # a query has none at its edges
    assume(phrase[-1] != ".")  # it is one before letters only
    spans = UnitText(text).find(UnitPattern(phrase))
    assert len(spans) == occurrences(found, phrase)
    assert spans == sorted(spans)
    for first, last in spans:
        marked = units(separate(text[first:last]))
        assert occurrences(marked, phrase) >= 1  # ∬ has the unit ∫ twice


@settings(max_examples=examples(200))
@given(TEXTS, st.data())
def test_an_open_end_finds_the_units_that_start_so(text: str, data: st.DataObject) -> None:
    found = units(separate(text))
    words = [unit for unit in found if unit.endswith("·") and "." not in unit]
    assume(words)
    word = data.draw(st.sampled_from(words))
    prefix = word[: data.draw(st.integers(1, len(word) - 1))]
    spans = UnitText(text).find(UnitPattern([f"{prefix}·"], is_prefix=True))
    assert len(spans) == sum(unit.startswith(prefix) for unit in found if unit.endswith("·"))


@given(TEXTS)
def test_an_index_holds_each_unit_once_and_each_gram_in_order(text: str) -> None:
    analyzer = Analyzer()
    tokens = analyzer.tokens(text)
    found = analyzer.units(text)
    assert tokens.grams == text_grams(found)
    numbers = joined_numbers(text.translate(SEPARATED))
    assert tokens.units.split(" ") == (list(dict.fromkeys([*found, *numbers])) or [""])
    assert tokens.words.split() == analyzer.words(text)


@given(st.lists(TEXTS, max_size=40))
def test_many_texts_at_once_have_the_tokens_of_each(texts: list[str]) -> None:
    analyzer = Analyzer()
    for text, made in zip(texts, analyzer.tokens_of(texts), strict=True):
        alone = analyzer.tokens(text)
        assert (made.grams, made.words) == (alone.grams, alone.words)
        assert Counter(made.units.split(" ")) == Counter(alone.units.split(" "))


@given(st.lists(TEXTS, max_size=20), st.integers(1, 9))
def test_long_texts_have_the_same_tokens_in_slices(texts: list[str], length: int) -> None:
    analyzer = Analyzer()
    long = "。".join(texts) + "\n".join(texts)
    assert "".join(cut_long(long, length)) == long
    in_slices = Analyzer(longest=length).tokens_of([long, *texts])
    for text, tokens in zip([long, *texts], in_slices, strict=True):
        alone = analyzer.tokens(text)
        assert (tokens.grams, tokens.words.split()) == (alone.grams, alone.words.split())
        assert Counter(tokens.units.split(" ")) == Counter(alone.units.split(" "))


@pytest.mark.slow
def test_what_is_analysed_at_once_is_bounded() -> None:
    """Beyond some megabytes, arrays take five times as long for each of their elements."""
    text = "公安交管部门，" * 200_000 + "word. " + "1,000" * 500_000
    slices = cut_long(text)
    assert len(slices) > 3
    assert max(map(len, slices)) <= 2_000_000
    (made,) = Analyzer().tokens_of([text])
    assert made.grams.startswith("公安 安交 交管 管部 部门 门| |公 公安")
    assert made.grams.count("|公") == 199_999


def test_words_are_cut_in_pieces_that_are_bounded() -> None:
    segmenter, lengths = Segmenter(), list[int]()
    cut = segmenter.cut

    def noting(text: str) -> list[str]:
        lengths.append(len(text))
        return cut(text)

    segmenter.cut = noting
    assert len(segmenter.words("公安交管部门 " * 200_000)) == 400_000
    assert len(lengths) > 1
    assert max(lengths) <= 1_000_001


@given(TEXTS, st.integers(1, 40))
def test_numpy_folds_as_python_does(text: str, times: int) -> None:
    accelerate_folding()
    text *= times
    assert SEPARATED.apply(text) == text.translate(SEPARATED)


@given(st.lists(TEXTS, max_size=4))
def test_numpy_folds_several_texts_as_python_does(texts: list[str]) -> None:
    accelerate_folding()
    assert SEPARATED.apply_all(texts) == [text.translate(SEPARATED) for text in texts]


@given(TEXTS)
def test_pieces_together_have_the_units_of_the_whole(text: str) -> None:
    analyzer = Analyzer()
    pieces = analyzer.pieces(text)
    assert [unit for piece in pieces for unit in analyzer.units(piece)] == [
        unit for unit in analyzer.units(text) if unit != BOUNDARY
    ]
    for piece in pieces:
        ends = analyzer.word_ends(piece)
        assert max(ends) == len(piece)
        assert min(ends) > 0
