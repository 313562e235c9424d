"""Sketches tell copies; they are the same however an article came into the index."""

from __future__ import annotations

import random
from dataclasses import replace
from hashlib import blake2b
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import Analyzer
from index.analysis.document import make_document, make_documents
from index.analysis.sketch import RESEMBLANCE, SHINGLE, keys_of, letters, resemble, sketches_of
from index.article import Article

_ZONE = ZoneInfo("Asia/Shanghai")
_TEXT = "临江大桥今日起实行单双号限行，公交车、出租车与救护车不受影响；限行时间为每日七时至二十时。"


def _sketch(title: str, text: str, tags: tuple[str, ...] = ()) -> bytes:
    return make_document(Article("a", "a.md", title, text, tags=tags), Analyzer(), _ZONE).sketch


def _shingles(text: str) -> set[str]:
    return {text[start : start + SHINGLE] for start in range(len(text) - SHINGLE + 1)}


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        (_TEXT, True),
        (_TEXT.replace("，", " , ").replace("临江大桥", "臨江大橋"), True),
        (f"{_TEXT}（完）", True),
        (_TEXT[: len(_TEXT) // 2], False),
        ("城北湿地公园的白鹭比去年多了三成，观鸟的人也多了，园方在东岸加设了两处观鸟台。", False),
    ],
)
def test_copies_are_told_from_others(text: str, copied: bool) -> None:
    first, other = (_sketch("限行", each) for each in (_TEXT, text))
    assert resemble(first, other) is resemble(other, first) is copied
    assert set(keys_of(first)[1:]) & set(keys_of(other)[1:]) or not copied


def test_tags_do_not_count_and_a_title_does() -> None:
    assert _sketch("限行", _TEXT) == _sketch("限行", _TEXT, ("交通", "临江", "1,000"))
    assert _sketch("限行", _TEXT) != _sketch("通告", _TEXT)


@pytest.mark.parametrize("text", ["", "。", "国内快讯查看原文吧", "查 看 原 文，不 得 转 载！"])
def test_hardly_any_text_has_no_sketch(text: str) -> None:
    assert _sketch("国内快讯", text) == b""
    assert keys_of(b"") == ()


def test_one_by_one_and_together_are_the_same() -> None:
    articles = [
        Article(str(number), "a", f"题{number}", _TEXT[number % 40 :] * (number % 3 + 1), tags=("标签",))
        for number in range(75)
    ]
    together = make_documents(articles, Analyzer(), _ZONE)
    assert [each.sketch for each in together] == [
        make_document(article, Analyzer(), _ZONE).sketch for article in articles
    ]
    moved = make_documents([replace(article, path="b") for article in articles[::-1]], Analyzer(), _ZONE)
    assert [each.sketch for each in moved] == [each.sketch for each in together[::-1]]


def test_sketches_in_indexes_that_exist_can_be_compared() -> None:
    """Increase ANALYSIS_VERSION where this fails, say with a new version of rensa."""
    (kept,) = sketches_of([("限行", letters(_TEXT))])
    assert blake2b(kept, digest_size=8).hexdigest() == "1d5deec9575faac3"


@given(st.integers(0, 400), st.integers(0, 2**32))
def test_the_estimated_share_is_near_the_real_one(changed: int, seed: int) -> None:
    chooser = random.Random(seed)
    text = "".join(chr(0x4E00 + chooser.randrange(3000)) for _ in range(800))
    other = (
        text[:changed]
        + "".join(chr(0x6E00 + chooser.randrange(3000)) for _ in range(changed))
        + text[2 * changed :]
    )
    first, second = sketches_of([("", text), ("", other)])
    ones, others = _shingles(text), _shingles(other)
    share = len(ones & others) / len(ones | others)
    if abs(share - RESEMBLANCE) > 0.12:  # six standard errors
        assert resemble(first, second) is (share > RESEMBLANCE)
