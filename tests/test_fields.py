"""Archives as people have them, indexed and searched: front matter, categories, references, dates, sites."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import souwen
from index.article import ProblemKind, format_date
from index.ingest.job import IngestReport, IngestRequest
from index.ingest.sync import sync
from index.settings import Settings
from index.store.reader import IndexReader, catalog_of
from search.searcher import Searcher
from search.settings import SearchSettings
from tests.searching import ids, search

READING = Path(__file__).parent / "cases" / "reading"
QUERIES = {
    "front-matter": {
        "title:雨果": 1,
        "title:杰森": 1,
        "title:老版": 1,
        "title:无空格": 1,
        "title:大写键": 1,
        "category:技术": 2,
        "category:编程": 1,
    },
    "categories": {"category:日记": 1, "category:日记/桌游": 1, "category:后端": 1, "category:技术": 2},
    "entities": {"所有": 1, '"青岚&临江"': 1, "title:青岚": 1, "作者:张三&李四": 1, "category:R&D": 1},
    "dates": {"date:2022-01-04": 10},
    "tags": {"海拉鲁": 1, "tag:塞尔达": 2, "塞尔达": 2},
    "charsets": {"東京都知事": 2, "서울시": 1, "brulee": 1, '"放管服"': 1, "title:混合编码": 1},
    "hard-wrapped": {'"密布"': 1, '"放管服改革"': 1, '"跨省通办"': 1, '"一网通办"': 1},
    "markdown-code": {
        "iostream": 2,
        '"List<String>"': 1,
        "tuopu": 1,
        "jisuan": 1,
        '"墨竹"': 1,
        "beizhu": 1,
        '"导览栏"': 1,
        '"青鸟"': 1,
        "blog_dir": 1,
        '"结冰"': 1,
    },
    "markdown-paragraphs": {'"甲乙丙丁"': 0},
    "site": {
        'title:"祖拉示例戊"': 0,
        'title:"杰森示例己"': 1,
        'title:"无前言示例庚"': 1,
        'title:"无开头横线示例卯"': 1,
        'title:"报纸示例亥"': 1,
        "date:2021-03-04": 1,
        "date:1965-03-04": 1,
        "date:2022-05-05": 1,
        "category:前端/框架": 1,
        "category:随笔": 1,
        "category:数据库": 1,
        "category:二次元/某平台/news": 1,
        "author:lin": 1,
        "作者:某记者": 1,
        'title:"扩展格式示例未"': 1,
        'title:"网页示例申"': 1,
        "作者:张三": 1,
        "date:2020-02-03": 1,
        '"关于我们"': 0,
        '"热门文章"': 0,
        '"备案号"': 0,
        'title:"公众号示例戌"': 1,
        "作者:某号主": 1,
        "date:2020-01-01": 1,
        '"扫一扫"': 0,
        '"阅读原文"': 0,
        '"水利工地"': 1,
        "银杏采购价": 0,
        "保险箱号码": 0,
    },
}


@pytest.fixture(scope="module", params=QUERIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An index of the folder of this name."""
    directory = tmp_path_factory.mktemp(request.param) / "index"
    sync(directory, IngestRequest([READING / request.param]), Settings())
    yield directory
    shutil.rmtree(directory)


def test_each_query_finds_its_articles(folder: Path) -> None:
    name = folder.parent.name.rstrip("0123456789")
    with closing(Searcher(folder, SearchSettings())) as searcher:
        found = {query: search(searcher, query).total for query in QUERIES[name]}
    assert found == QUERIES[name]


def problems(directory: Path, kind: ProblemKind | None = None) -> dict[str, str]:
    with closing(IndexReader(directory)) as reader, reader.acquire() as index:
        return {problem.path: problem.reason for problem in catalog_of(index).problems(kind)}


def test_pages_and_posts_of_a_site_have_the_address_that_readers_know(tmp_path: Path) -> None:
    directory = tmp_path / "index"
    sync(directory, IngestRequest([READING / "site"]), Settings())
    with closing(Searcher(directory, SearchSettings())) as searcher:
        found = {hit.article.title: hit.article for hit in search(searcher, "示例").hits}
    assert found["网页示例申"].url == "https://example.org/x"
    assert found["公众号示例戌"].url == "https://mp.weixin.qq.com/s/abc"
    assert found["公众号示例戌"].thumbnail == "https://mmbiz.qpic.cn/x/640"
    assert found["相对地址示例酉"].url == "/2009/04/12/123/"


def test_problems_are_of_a_kind(folder: Path) -> None:
    name = folder.parent.name.rstrip("0123456789")
    guesses = {"dates/d0.md": "date: CST can be several time zones, and was read as Asia/Shanghai"}
    left_out = {
        "site/05-toml.md": "draft: true",
        "site/10-draft.md": "draft: true",
        "site/11-password.md": "has a password",
        "site/node_modules": "node_modules/ is left out",
    }
    assert problems(folder, ProblemKind.GUESS) == (guesses if name == "dates" else {})
    assert problems(folder, ProblemKind.LEFT_OUT) == (left_out if name == "site" else {})
    assert problems(folder, ProblemKind.LOST) == {}


# What changes from run to run


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def run(directory: Path, *paths: Path, drafts: bool | None = None, **settings: str) -> IngestReport:
    return sync(directory, IngestRequest(paths, drafts=drafts), Settings(**settings))


def urls(directory: Path) -> list[str]:
    with closing(Searcher(directory, SearchSettings())) as searcher:
        return sorted(hit.article.url for hit in search(searcher, "文").hits)


def test_drafts_are_taken_in_when_asked_for_and_stay_until_asked_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "posts", a="文", b="---\ndraft: true\n---\n稿", c="---\npassword: x\n---\n密")
    directory = tmp_path / "index"
    report = run(directory, folder)
    assert (report.added, report.left_out) == (1, {"draft: true": 1, "has a password": 1})
    report = run(directory, drafts=True)
    assert (report.added, report.articles, report.left_out) == (2, 3, {})
    assert run(directory).articles == 3
    report = run(directory, drafts=False)
    assert (report.removed, report.articles) == (2, 1)
    write(folder, b="---\ndraft: false\n---\n稿")
    assert run(directory).articles == 2


def test_addresses_follow_the_configuration_of_a_site(tmp_path: Path) -> None:
    folder = tmp_path / "blog"
    write(folder)
    write(folder / "content", a="---\ntitle: 题\n---\n文")
    directory = tmp_path / "index"
    config = folder / "hugo.toml"
    config.write_text("baseURL = 'https://a.example/'", encoding="utf-8")
    run(directory, folder)
    assert urls(directory) == ["https://a.example/a/"]
    config.write_text("baseURL = 'https://b.example/'", encoding="utf-8")
    assert run(directory).changed == 1
    assert urls(directory) == ["https://b.example/a/"]
    assert run(directory).changed == 0
    assert run(directory, site_url="https://c.example", permalink="p/:title.html").changed == 1
    assert urls(directory) == ["https://c.example/p/a.html"]


def test_a_post_of_the_future_is_taken_in_when_its_day_has_come(tmp_path: Path) -> None:
    """Its file is looked at in every run, though it has not changed."""
    folder = tmp_path / "blog"
    write(folder)
    write(folder / "content", a="---\ntitle: 题\ndate: 2999-01-01\n---\n文", b="---\ntitle: 题\n---\n文")
    (folder / "hugo.toml").write_text("baseURL = 'https://a.example/'", encoding="utf-8")
    directory = tmp_path / "index"
    run(directory, folder)
    with closing(IndexReader(directory)) as reader, reader.acquire() as index:
        assert catalog_of(index).to_read_again() == {"blog/content/a.md"}
    report = run(directory)
    assert (report.articles, report.changed, sum(report.left_out.values())) == (1, 0, 1)


def test_several_categories_are_kept_shown_and_exported(tmp_path: Path) -> None:
    folder = write(tmp_path / "posts", a="---\ntitle: 题\ncategories:\n - [甲, 乙]\n - [丙]\n---\n文")
    directory = tmp_path / "index"
    run(directory, folder)
    with closing(Searcher(directory, SearchSettings())) as searcher:
        (hit,) = search(searcher, "文").hits
        assert hit.article.category_paths == (("甲", "乙"), ("丙",))
        assert hit.article.categories == ("甲", "乙")
        assert ids(search(searcher, "文", category="丙")) == [hit.article.id]
        counts = {facet.value: facet.count for facet in search(searcher, "文").facets["category"]}
    assert counts == {"甲": 1, "甲/乙": 1, "丙": 1}


def test_an_article_without_text_is_a_count_and_no_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "posts", a="---\ntitle: 题\n---\n", b="文")
    directory = tmp_path / "index"
    report = run(directory, folder)
    assert (report.articles, report.empty, report.lost, report.partial) == (2, 1, 0, 0)
    assert problems(directory) == {}
    assert problems(directory, ProblemKind.EMPTY) == {"posts/a.md": "the body has no text"}


def test_the_command_tells_what_was_left_out(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "posts",
        a="---\ntitle: {题}\n---\n文",
        b="---\ndraft: true\n---\n稿",
        c="---\ntitle: 题\n---\n",
    )
    index = ["--index", str(tmp_path / "index")]
    said = CliRunner().invoke(souwen, ["index", str(folder), *index]).output
    assert "Left out: 1 (draft: true 1). See: souwen problems --kind left-out" in said
    assert "Articles without text: 1." in said
    assert "Problems: 0 not indexed, 1 indexed in part, 0 guessed." in said
    listed = CliRunner().invoke(souwen, ["problems", *index]).output.splitlines()
    assert [line[:8].strip() for line in listed] == ["partial", "left out"]
    for kind, count in {"lost": 0, "partial": 1, "guess": 0, "left-out": 1, "empty": 1}.items():
        answer = CliRunner().invoke(souwen, ["problems", "--kind", kind, "--json", *index]).output
        assert [problem["kind"] for problem in json.loads(answer)] == [kind.replace("-", " ")] * count
    assert CliRunner().invoke(souwen, ["index", "--drafts", *index]).exit_code == 0


def test_the_first_date_of_the_site_is_the_written_one(tmp_path: Path) -> None:
    folder = write(tmp_path / "posts", **{"2021-03-04-a": "---\ndate: 2022-01-04 08:00:00\n---\n文"})
    directory = tmp_path / "index"
    run(directory, folder)
    with closing(Searcher(directory, SearchSettings())) as searcher:
        assert [format_date(hit.article.date) for hit in search(searcher, "文").hits] == [
            "2022-01-04T00:00:00Z"
        ]
