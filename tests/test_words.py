"""Words: golden cases, user dictionaries, and that both segmenters give the same."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis import hash_dictionary
from index.analysis.dictionary import FOLDED_WORDS
from index.analysis.fold import fold
from index.analysis.grams import separate
from index.analysis.words import (
    DEFAULT_FREQUENCY,
    DictionaryWord,
    Segmenter,
    jieba_frequencies,
    parse_dictionary,
)
from index.errors import SettingsError

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases" / "words.json").read_text(encoding="utf-8"))
EXAMPLES = sorted(path for path in (HERE.parent / "examples" / "articles").rglob("*") if path.is_file())

# New words, one that is rarer than its parts, one that is frequent enough to cut another up, folded
# and mixed ones, one that can't occur, one that is nothing, one of jieba's own, and one twice.
DICTIONARY = """\
放管服 2000 n
云计算平台
望川\u3000100 ns
館長 500
海交 900000000
5G网络 50
ＡＢＣ 3 eng
c++ 100
漂浮图书馆 1
\u200b 10
的 1
云计算平台 3000
"""


def segmenter(name: str, dictionary: str = "") -> Segmenter:
    return Segmenter(name, parse_dictionary(dictionary, "dictionary"))


PLAIN = [segmenter("rjieba"), segmenter("jieba")]
EXTENDED = [segmenter("rjieba", DICTIONARY), segmenter("jieba", DICTIONARY)]
# Stretches of the words of the examples and of the dictionary, cut anywhere: real words, and overlaps
# of words; rare Han characters; signs that jieba's own expressions know; and anything else.
SAMPLE = (
    "临江地铁三号线将于十二月开通，公安交管部门深化放管服改革。"
    "漂浮图书馆长；云计算平台ABC5G网络研究生命起源C++"
)
CUTS = st.builds(
    lambda start, length: SAMPLE[start : start + length], st.integers(0, len(SAMPLE) - 1), st.integers(1, 8)
)
# Ways to cut that are equally probable: rounding decides, and so the last digit of every logarithm.
TIES = st.builds(str.__mul__, st.sampled_from("一人大天家丫妈慢"), st.integers(3, 7))
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
OTHERS = st.one_of(st.sampled_from("㐂𠮷〇.+#&%-_ aZ0é1"), st.characters(codec=None))
RARE = re.compile("[\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")
TEXTS = st.lists(st.one_of(CUTS, CUTS, TIES, HAN, OTHERS), max_size=16).map("".join)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
@pytest.mark.parametrize("cutter", PLAIN, ids=lambda cutter: cutter.name)
def test_golden(cutter: Segmenter, case: dict[str, str]) -> None:
    assert " ".join(cutter.words(separate(case["text"]))) == case["words"]


@settings(max_examples=examples(400))
@given(TEXTS)
def test_both_segmenters_give_the_same_words(text: str) -> None:
    """Where a Han character that jieba leaves out stands beside ways to cut that are equally probable, they
    may choose different ones: 一一 一 㐂, 一 一一 㐂."""
    separated = separate(text)
    for one, other in (PLAIN, EXTENDED):
        words, others = one.words(separated), other.words(separated)
        assert words == others or (RARE.search(separated) and sorted(words) == sorted(others))


@pytest.mark.slow
def test_both_segmenters_give_the_same_words_of_every_example() -> None:
    assert EXAMPLES
    for path in EXAMPLES:
        separated = separate(path.read_text(encoding="utf-8", errors="replace"))
        assert PLAIN[0].words(separated) == PLAIN[1].words(separated), path
        assert EXTENDED[0].words(separated) == EXTENDED[1].words(separated), path


@given(TEXTS)
def test_cutting_changes_nothing(text: str) -> None:
    """`Analyzer.word_ends` counts on it."""
    separated = separate(text)
    for cutter in (*PLAIN, *EXTENDED):
        assert "".join(cutter.cut(separated)) == separated


@pytest.mark.parametrize("cutter", EXTENDED, ids=lambda cutter: cutter.name)
def test_words_of_a_user_dictionary_are_found(cutter: Segmenter) -> None:
    assert cutter.words("放管服改革") == ["放管服", "改革"]
    assert cutter.words(separate("望川的館長用ＡＢＣ")) == ["望川", "的", "馆长", "用", "abc"]
    assert cutter.words("上海交通") == ["上", "海交", "通"]


def test_a_dictionary_is_folded_as_texts_are() -> None:
    assert parse_dictionary("館長\r\n\n \nＡＢ 7\nCD 8 eng\nef x\n", "d") == (
        DictionaryWord("馆长", DEFAULT_FREQUENCY, ""),
        DictionaryWord("ab", 7, ""),
        DictionaryWord("cd", 8, "eng"),
        DictionaryWord("ef", DEFAULT_FREQUENCY, "x"),
    )
    assert parse_dictionary("\u200b 5", "d") == ()
    assert parse_dictionary("\ufeff词 5", "d") == (DictionaryWord("词", 5, ""),)


@pytest.mark.parametrize("line", ["云 计算 5", "词 5 n x", f"词 {10**30}"])
def test_a_bad_line_of_a_dictionary_is_named(line: str) -> None:
    with pytest.raises(SettingsError, match=r"my\.txt, line 2: "):
        parse_dictionary(f"好词\n{line}\n", "my.txt")


def test_an_unknown_segmenter_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"unknown segmenter 'ictclas'\. Known: rjieba, jieba\."):
        Segmenter("ictclas")


def test_dictionaries_are_told_apart() -> None:
    assert hash_dictionary("") == hash_dictionary(" \n") == ""
    assert hash_dictionary("词") != hash_dictionary("语") != ""


@pytest.mark.slow
def test_jieba_leaves_no_cache_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """jieba's own is a file with a fixed name in a folder that others can write to: whoever makes it
    first decides on everybody's words."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    jieba_frequencies.cache_clear()
    assert segmenter("jieba", "放管服").words("放管服改革") == ["放管服", "改革"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_words_of_the_dictionary_that_folding_changes_are_known_folded() -> None:
    with jieba.get_dict_file() as file:
        lines = [line.decode("utf-8").split() for line in file]
    dictionary = {word: int(frequency) for word, frequency, *_ in lines}
    changed: Counter[str] = Counter()
    for word, frequency in dictionary.items():
        if (folded := fold(word)) != word and len(folded) > 1:
            changed[folded] += frequency
    wanted = {
        word: frequency + dictionary.get(word, 0)
        for word, frequency in changed.items()
        if frequency > dictionary.get(word, 0) and (frequency >= 10 or re.search("[a-z]", word))
    }
    assert {word: int(count) for word, count in map(str.split, FOLDED_WORDS.split(","))} == wanted
