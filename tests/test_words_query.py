"""What was typed → the words that must occur."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis import Analyzer
from index.analysis.grams import BOUNDARY, END
from search.query.words import partial_words, query_words

ANALYZER = Analyzer()


def written(groups: list[list[str]]) -> list[str]:
    return ["".join(unit.removesuffix(END) for unit in group) for group in groups]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("公安交管部门", ["公安", "交管部门"]),
        ("放管服", ["放管服"]),  # a word the dictionary doesn't know
        ("李墨轩", ["李墨轩"]),  # a name
        ("公安部门推进放管服改革", ["公安部门", "推进", "放管服", "改革"]),
        ("“放管服”改革", ["放管服", "改革"]),
        ("临江市_放管服_改革", ["临江市", "放管服", "改革"]),
        ("公安交管12123，C#", ["公安", "交管", "12123", "c#"]),
        ("C++语言", ["c++", "语言"]),
        ("Ｃ＋＋", ["c++"]),
        ("同比下降18.0%", ["同比", "下降", "18.0%"]),
        ("3.4.5版", ["3.4.5版"]),  # what a number counts stays with it
        ("COVID-19", ["covid19"]),  # as units, 19 is one of its own
        ("5G信号", ["5g", "信号"]),
        ("user@example.org", ["user@example.org"]),
        ("@张三 #话题# $100", ["@张三", "#话题#", "$100"]),
        ("https://example.org/a?b=c", ["https", "example.orga", "b", "c"]),
        ("使用.NET和node.js", ["使用", ".net", "node.js"]),
        ("2022年1月4日的新闻", ["2022年1月4日", "新闻"]),
        ("第18届", ["第18届"]),
        ("3.7亿元，50公里", ["3.7亿元", "50公里"]),
        ("2008奥运会", ["2008", "奥运会"]),
        ("A股 维C 5G用户", ["a股", "维c", "5g", "用户"]),
        ("10-20岁，1,000元", ["1020岁", "1000元"]),
        ("公安→交管", ["公安", "交管"]),  # a sign between words says little
        ("小程序", ["小程序"]),  # a character beside a word is joined to it
        ("怎么写小作文", ["怎么", "写小作文"]),
        ("90后", ["90后"]),
        ("疫情后经济", ["疫情后", "经济"]),  # a suffix, to the word before it
        ("在中国", ["在中国"]),  # so is a function character, but in a sentence
        ("谁可以成为个体工商户？", ["可以", "成为", "个体", "工商户"]),
        ("跌停的股票能卖出去吗", ["跌停", "股票", "卖出去"]),
        ("房东要涨租金怎么办", ["房东", "涨租金", "怎么办"]),
        ("國內圖書館", ["国内", "图书馆"]),
        ("𠮷野家", ["𠮷野家"]),
        ("😀开心", ["😀", "开心"]),
        ("我在北京的故宫", ["北京", "故宫"]),  # what says little is left out
        ("的", ["的"]),  # but not if there is nothing else
        ("的 了", ["的", "了"]),
        ("+", ["+"]),
        ("", []),
        ("，。！", []),
        ("—— ……", []),
    ],
)
def test_what_is_a_word(text: str, words: list[str]) -> None:
    assert written(query_words(ANALYZER, text)) == words


def test_a_user_dictionary_decides_what_is_a_word() -> None:
    text = "青岚茶油节开幕"
    assert written(query_words(Analyzer(dictionary="青岚茶油节"), text)) == ["青岚茶油节", "开幕"]
    assert written(query_words(ANALYZER, text)) != ["青岚茶油节", "开幕"]


def test_what_is_left_out_is_still_a_part_of_other_words() -> None:
    assert written(query_words(ANALYZER, "目的地")) == ["目的地"]
    assert written(query_words(ANALYZER, "向宠")) == ["向宠"]  # a name of two characters, one of them 向


def test_partial_words_of_an_unknown_name_are_its_pairs() -> None:
    found = written(partial_words(ANALYZER, "李墨轩下棋"))
    assert {"李墨", "墨轩", "下棋"} <= set(found)


def test_partial_words_leave_out_stopwords() -> None:
    assert "的" not in written(partial_words(ANALYZER, "北京的故宫"))


WORDS = "公安 放管服 的 在 李墨轩 图书馆 国家 C++ C# 18.0% 3.4 Ａ股 ﬁ ½ ㎡".split()
WORDS += "第十二条 2022—2023 3×4 二○ 马克.吐温 ×".split()
SIGNS = [*" ，“”。.·-_(…\n\u200b😀𠮷", "e\u0301"]
typed = st.lists(
    st.sampled_from(WORDS) | st.sampled_from(SIGNS) | st.characters(categories=["L", "N", "P", "S"]),
    max_size=15,
).map("".join)


def occurs(group: list[str], units: list[str]) -> bool:
    return any(units[i : i + len(group)] == group for i in range(len(units)))


@settings(max_examples=examples(150))
@given(typed, typed, typed)
@example("。3", "公安.公安3.4", "5")
def test_an_article_that_contains_the_text_contains_every_word(before: str, text: str, after: str) -> None:
    article = ANALYZER.units(f"{before} {text} {after}")
    for group in (*query_words(ANALYZER, text), *partial_words(ANALYZER, text)):
        assert group
        assert occurs(group, article), (group, article)


@settings(max_examples=examples(150))
@given(typed)
@example("A.18.0%")
@example("C++.18.0%")
def test_no_word_goes_across_punctuation_and_none_is_lost_but_stopwords(text: str) -> None:
    units = [unit for unit in ANALYZER.units(text) if unit != BOUNDARY]
    groups = query_words(ANALYZER, text)
    assert bool(groups) == bool(units)
    for group in groups:  # but inside what is written in one: 12:30, No.5, C++.18.0%
        assert all(
            right[-1] == END and left[-1] in (END, *"+#%‰°")
            for left, unit, right in zip(group, group[1:], group[2:], strict=False)
            if unit == BOUNDARY
        )
        assert BOUNDARY not in (group[0], group[-1])
    flat = [unit for group in groups for unit in group if unit != BOUNDARY]
    rest = iter(units)
    assert all(unit in rest for unit in flat)  # in the order of the text
    for unit in units:
        assert unit in flat or not unit.endswith(END)
