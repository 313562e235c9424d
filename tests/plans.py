"""A few articles that plans are carried out over."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from whoosh import query

from index.analysis import Analyzer
from index.analysis.document import make_document
from index.article import Article
from index.engines.base import Engine, Sort, engine_class
from index.settings import zone
from index.sources.dates import parse_date
from search.planning.matching import scored
from search.planning.plan import Plan
from search.planning.planner import make_plan
from search.query.parser import parse_query
from search.query.resolve import QueryContext
from search.settings import SearchSettings

ZONE = zone("Asia/Shanghai")
ANALYZER = Analyzer()


def article(
    article_id: str, title: str, text: str = "", *, author: str = "", categories: str = "", date: str = ""
) -> Article:
    return Article(
        id=article_id,
        path=article_id,
        title=title,
        text=text,
        author=author,
        categories=tuple(categories.split("/")) if categories else (),
        date=parse_date(date, ZONE).seconds if date else None,
    )


ARCHIVE = [
    article(
        "a",
        "公安部门推进放管服改革",
        "公安交管部门今天发布通告。",
        author="张三",
        categories="新闻/国内",
        date="2022-01-04",
    ),
    article(
        "b",
        "公安楷模",
        "全国公安机关举行表彰大会，驾驶证改革受到关注。",
        author="李四",
        categories="新闻/国际",
        date="2022-02-01",
    ),
    article(
        "c",
        "交管部门发布新规",
        "驾驶证电子化。部门协同，公安参与，改革继续。",
        author="张三、李四",
        categories="法规",
        date="2023-05-06",
    ),
    article("d", "放管服改革综述", "简政放权、放管结合、优化服务。", author="王五", categories="随笔"),
    article("e", "天气预报", "明天有雨。Kubernetes 和 TensorFlow 的用户请留意。", date="2021-12-31"),
    article(
        "f",
        "在 kubernetes 上运行 C++ 程序",
        "kubectl 与 C# 无关，12123 也是。GPT-4 很快。",
        author="Tom Ng",
        categories="编程/运维",
    ),
    article("g", "驾驶手册", "驾驶前检查证件。公安。交管。", categories="编程"),
]


class Archive:
    """An index over a few articles, and what queries find in it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def plan(
        self, text: str, *, max_words: int = 200, max_expansions: int = 1000, max_grams: int = 1000
    ) -> Plan:
        tree = parse_query(text, SearchSettings(), ZONE).tree
        context = QueryContext(ANALYZER, self.engine.terms, max_words, max_expansions, max_grams)
        return make_plan(tree, context)

    def strict(self, text: str) -> set[str]:
        return self.ids(self.plan(text).strict)

    def relaxed(self, text: str) -> set[str]:
        plan = self.plan(text)
        assert plan.relaxed is not None, text
        return self.ids(plan.relaxed)

    def ids(self, tree: query.Query) -> set[str]:
        return {hit.id for hit in self.engine.search(tree, sort=Sort.NEWEST, offset=0, limit=1000).hits}

    def ranked(self, text: str) -> list[str]:
        plan = self.plan(text)
        assert plan.scores, text
        tree = scored(plan.strict, plan.scores)
        return [hit.id for hit in self.engine.search(tree, sort=Sort.RELEVANCE, offset=0, limit=100).hits]


@contextmanager
def archive_of(articles: Sequence[Article]) -> Iterator[Archive]:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(engine_class("tantivy").create(Path(folder, "engine"))) as engine,
    ):
        with engine.writer() as writer:
            for each in articles:
                writer.add(make_document(each, ANALYZER, ZONE))
            writer.commit()
        engine.refresh()
        yield Archive(engine)


def marked(plan: Plan) -> set[str]:
    return {"".join(term.units).replace("·", "") + "*" * term.is_prefix for term in plan.highlight_terms}


MANDATORY = [
    "-公安", "-驾驶证", "NOT 部门", "-(公安 交管)", "-title:公安", "-“公安部门”", "-kube*",
    "“公安”", "“放管服改革”", "「部门」", "title:“改革”", "author:张三", "-author:张三",
    "category:新闻", "-category:编程", "date:2022", "date:>=2022-02", "-date:2022-01", "驾*", "kub?r*",
    "kubernets~", "(公安 OR 天气)", "“公安 部门”~1", "(公安 AND 交管)",
]  # fmt: skip
