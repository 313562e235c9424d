"""Article → document: what an engine is given."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import Analyzer
from index.analysis.document import author_keys, category_paths, make_document, make_documents, month_of
from index.article import FIRST_DATE, LAST_DATE, Article

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_document_has_the_tokens_and_values_of_its_article() -> None:
    article = Article(
        id="1",
        path="p/a.md",
        title="國內“放管服”",
        text="改革，改革",
        author="新华社、ＡＢ",
        categories=("金融", "新浪/財經"),
        date=1640966400,  # 2021-12-31T16:00:00Z: the new year in Shanghai
    )
    document = make_document(article, Analyzer(), SHANGHAI)
    assert (document.id, document.date) == ("1", 1640966400)
    assert document.title_grams == "国内 内放 放管 管服 服|"
    assert document.words.split() == ["国内", "放", "管", "服"] * 2 + ["改革", "改革"]
    assert document.body_grams == "改革 革| |改 改革 革|"
    assert document.body_units == "改 革 |"
    assert document.author == ("新华社、ab", "新华社", "ab")
    assert document.author_facet == ("新华社、ＡＢ",)
    assert document.category_facet == ("金融", "金融/新浪∕財經")
    assert set(document.category) == {"金融", "金融/新浪∕财经", "新浪/财经"}
    assert document.month_facet == ("2022-01",)


def test_many_articles_at_once_have_the_documents_of_each() -> None:
    articles = [
        Article(id=str(number), path="p/a.md", title="国" * number, text="国。A1" * (number % 3))
        for number in range(40)
    ]
    analyzer = Analyzer()
    for article, document in zip(articles, make_documents(articles, analyzer, SHANGHAI), strict=True):
        alone = make_document(article, analyzer, SHANGHAI)
        assert sorted(document.body_units.split()) == sorted(alone.body_units.split())
        assert document == replace(alone, body_units=document.body_units)


def test_what_an_article_lacks_its_document_lacks() -> None:
    document = make_document(Article(id="1", path="p/a.md", title="", text=""), Analyzer(), SHANGHAI)
    assert (document.title_grams, document.words.strip(), document.body_units) == ("", "", "")
    assert document.author == document.author_facet == document.category == document.month_facet == ()
    assert document.date is None


def test_categories_are_a_path_with_each_level_once() -> None:
    assert category_paths(("a", "b", "c")) == ("a", "a/b", "a/b/c")
    assert category_paths(("a/b", "c")) == ("a∕b", "a∕b/c")
    assert category_paths(()) == ()


@pytest.mark.parametrize(
    ("author", "keys"),
    [
        ("新华 社", ("新华 社",)),
        ("王一,李二，张三；王一", ("王一,李二,张三;王一", "王一", "李二", "张三")),
        ("王一/李二|张三", ("王一/李二|张三", "王一", "李二", "张三")),
        ("DT 财经 - 数据侠", ("dt 财经 - 数据侠",)),
        ("", ()),
        ("、", ("、",)),
    ],
)
def test_an_author_is_found_by_the_whole_name_and_each_of_several(author: str, keys: tuple[str, ...]) -> None:
    assert author_keys(author) == keys


@given(st.integers(FIRST_DATE, LAST_DATE), st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]))
def test_every_date_has_a_month(date: int, zone: str) -> None:
    year, month = month_of(date, ZoneInfo(zone)).split("-")
    assert len(year) == 4
    assert 1 <= int(month) <= 12
    assert month_of(0, ZoneInfo("Asia/Shanghai")) == "1970-01"
    assert month_of(-1, ZoneInfo("UTC")) == "1969-12"
