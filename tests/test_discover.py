"""New words: what is proposed from a made-up corpus, and that the dictionary then has it as a word."""

from __future__ import annotations

import json
import random
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis.words import DictionaryWord, Segmenter
from search.dictionary.discover import LONGEST, NewWord, discover
from search.dictionary.ngrams import Ngrams

CASES = json.loads((Path(__file__).parent / "cases" / "discover.json").read_text(encoding="utf-8"))
# What stands around the words, so that each is used freely.
BEFORE = ["昨天", "据悉", "记者", "专家", "市民", "老师", "工人", "朋友"]
AFTER = ["开放", "引起关注", "受到欢迎", "发展很快", "十分常见", "正在推广", "已经结束", "值得研究"]


def corpus(word: str, times: int = 24) -> list[str]:
    """Sentences with a word, each with other neighbours."""
    chosen = random.Random(word)
    return [f"{chosen.choice(BEFORE)}{word}{chosen.choice(AFTER)}。第{n}篇" for n in range(times)]


def found(texts: Sequence[str], **more: object) -> dict[str, NewWord]:
    return {word.word: word for word in discover(texts, (), 100, **more)}  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["comment"])
def test_what_is_proposed(case: dict[str, list[str]]) -> None:
    texts = [text for word in case["words"] for text in corpus(word)]
    proposed = found(texts)
    assert set(case["found"]) <= proposed.keys()
    assert not set(case["missing"]) & proposed.keys()


@pytest.mark.slow
def test_a_proposed_word_becomes_one_word() -> None:
    texts = [text for word in ("抖音", "协程", "凝心聚力", "树莓派", "央视快评") for text in corpus(word)]
    proposed = discover(texts, (), 100)
    assert len(proposed) >= 5
    entries = tuple(DictionaryWord(word.word, word.frequency, "") for word in proposed)
    for name in ("rjieba", "jieba"):
        with_them, without = Segmenter(name, entries), Segmenter(name)
        for word in proposed:
            assert with_them.words(word.word) == [word.word]
            assert without.words(word.word) == list(word.parts)
    # What the dictionary has is not proposed again.
    assert not {word.word for word in discover(texts, entries, 100)} & {word.word for word in proposed}


@pytest.mark.slow
def test_the_best_come_first_and_there_are_no_more_than_asked_for() -> None:
    texts = [text for word in ("抖音", "协程", "凝心聚力") for text in corpus(word)]
    everything = discover(texts, (), 100)
    assert discover(texts, (), 2) == everything[:2]
    assert all(1 < len(word.word) <= LONGEST for word in everything)


@pytest.mark.slow
def test_what_is_rare_or_copied_is_left_out() -> None:
    assert "抖音" in found(corpus("抖音", 12))
    assert "抖音" not in found(corpus("抖音", 12), min_count=13)
    assert "抖音" not in found([corpus("抖音", 12)[0]] * 50)
    assert found([]) == found(["。"]) == {}


def entropy(counts: Counter[object]) -> float:
    import math

    total = sum(counts.values())
    return -sum(count / total * math.log2(count / total) for count in counts.values())


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(1, 3))
def test_sequences_are_counted_as_by_hand(words: list[int], min_count: int) -> None:
    """Words of one character each; 0 is an edge. Cohesion and entropies are those of the textbook."""
    import math

    words = [0, *words, 0]
    lengths = array("b", [0, 1, 1, 1, 1])
    counted = {s.words: s for s in Ngrams(array("i", words), lengths, 4, min_count).collocations(-99.0, 0.0)}
    grams: Counter[tuple[int, ...]] = Counter(
        tuple(words[start : start + size]) for size in range(1, 5) for start in range(len(words) - size + 1)
    )
    expected = {
        gram for gram, count in grams.items() if len(gram) > 1 and 0 not in gram and count >= min_count
    }
    assert counted.keys() == expected
    for gram, sequence in counted.items():
        assert sequence.count == grams[gram]
        cohesion = min(
            math.log2(grams[gram] * len(words) / (grams[gram[:split]] * grams[gram[split:]]))
            for split in range(1, len(gram))
        )
        assert sequence.cohesion == pytest.approx(cohesion)
        places = [start for start in range(len(words)) if tuple(words[start : start + len(gram)]) == gram]
        # Each edge is another neighbour.
        left = Counter((words[place - 1], place if not words[place - 1] else -1) for place in places)
        right = Counter(
            (words[place + len(gram)], place if not words[place + len(gram)] else -1) for place in places
        )
        assert sequence.left == pytest.approx(entropy(left), abs=1e-9)
        assert sequence.right == pytest.approx(entropy(right), abs=1e-9)


def test_an_empty_corpus_has_no_sequences() -> None:
    assert not list(Ngrams(array("i"), array("b", [0]), 6, 1).collocations(0.0, 0.0))
