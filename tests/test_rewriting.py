"""A query as it was understood: what is written, and that it means the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plans import ARCHIVE, MANDATORY, Archive, archive_of

from search.planning.unparse import QueryPrinter
from search.query.nodes import Node


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    with archive_of(ARCHIVE) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("公安 放管服", "公安 放管服"),
        ("公安交管部门", "公安 交管部门"),
        ("公安 AND 放管服", "公安 AND 放管服"),
        ("公安｜放管服", "公安 OR 放管服"),
        ("A B | C", "a (b OR c)"),
        ("（A B） －C", "a b NOT c"),
        ("-(A B)", "NOT (a b)"),
        ("A AND NOT (B OR C)", "a AND NOT (b OR c)"),
        ("“跨省 通办”", '"跨省 通办"'),
        ("“公安 交管”~10^2", '"公安 交管"~10^2'),
        ("标题：公安部门", "title:公安部门"),
        ("标题：公安交管", "title:公安 title:交管"),
        ("作者：张三 分类:新闻/国内", "author:张三 category:新闻/国内"),
        ("日期：2022年1月 公安", "date:2022年1月 公安"),
        ("date: >= 2022", "date:>=2022"),
        ("Kube* tensor?low kubernets~ go~", "Kube* tensor?low kubernets~1 go"),
        ("公安^3 (交管 部门)^0.5", "公安^3 (交管 部门)^0.5"),
        ("公安^0277777777 (交管 部门)^0.00001", "公安^1000000 (交管 部门)^0.00001"),  # no 2.8e+08, 1e-05
        ("公安^1.0000001", "公安"),
        ("公安 -(、 -交管)", "公安 交管"),
        ("公安 -(、 -(、 -交管))", "公安 NOT 交管"),
        ("公安 -(、 -(交管 部门))", "公安 (交管 部门)"),
        ("author:甲^^^ 公安^.5|交管^2", 'author:"甲^^^" (公安^0.5 OR 交管^2)'),
        ("公安 category::2*(", '公安 category:":2*"'),  # no pattern, with the parenthesis behind it
        ("author:甲-乙", "author:甲-乙"),
        ("author:甲··", "author:甲··"),
        ("C++ 18.0% GPT-4", "c++ 18.0% gpt4"),
        ("國內", "国内"),
        ("12:30 255,0,255 No.5", "12:30 255:0:255 no.5"),
        ("公安 - 、 交管", "公安 交管"),
        ("公安交管 OR 天气", "(公安 交管) OR 天气"),
        ("公安交管 AND NOT 天气预报", "(公安 交管) AND NOT 天气预报"),
    ],
)
def test_a_query_as_it_was_understood(archive: Archive, text: str, understood: str) -> None:
    assert archive.plan(text).understood == understood


@pytest.mark.parametrize(
    "text",
    [
        *MANDATORY,
        "公安 放管服",
        "公安交管",
        "“（公安｜天气",  # found by the fuzzer: beside what is nothing, a group has no parentheses
        "· (公安 OR 天气)",
        "0:3\0\u200b 0:3",  # by the fuzzer: was written as 0.3, which is one number
        "A B | C",
        "title:公安交管 -改革",
        "公安^3 | 天气",
        "公安交管 | 天气",
    ],
)
def test_what_was_understood_means_the_same(archive: Archive, text: str) -> None:
    plan = archive.plan(text)
    again = archive.plan(plan.understood)
    assert archive.ids(again.strict) == archive.ids(plan.strict)
    assert again.understood == plan.understood


def test_what_nests_is_written_once(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> None:
    written: list[Node] = []
    write = QueryPrinter.write

    def noting(self: QueryPrinter, node: Node, parent: Node | None = None) -> str:
        written.append(node)
        return write(self, node, parent)

    monkeypatch.setattr(QueryPrinter, "write", noting)
    text = "公安"
    for depth in range(19):  # of groups in turn, so that none is a part of the one around it
        text = f"(改革 AND {text})" if depth % 2 else f"(天气 OR {text})"
    assert archive.plan(text).understood == text[1:-1]
    assert len(written) == 2 * 19 + 1
