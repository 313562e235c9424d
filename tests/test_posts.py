"""Files → articles and problems: golden cases, encodings, and that whatever a file holds, it is read."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties import examples

from index.analysis import Analyzer
from index.analysis.document import make_document
from index.article import Article, ProblemKind, format_date, post_id, write_jsonl
from index.packing import pack
from index.sources.decode import decode
from index.sources.extract import UNSHOWABLE
from index.sources.fields import ReadingRules
from index.sources.posts import ParsedFile, parse_file

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples" / "articles"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ANALYZER = Analyzer()


def load(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / "cases" / name).read_text(encoding="utf-8"))
    return found


def parse(data: bytes | str, path: str = "posts/file.name.md") -> ParsedFile:
    return parse_file(
        path, data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, SHANGHAI
    )


def values(article: Article, names: dict[str, object]) -> dict[str, object]:
    found = article.to_json()
    return {name: found[name] for name in names}


@pytest.mark.parametrize("case", load("posts.json"), ids=lambda case: case["comment"])
def test_golden_posts(case: dict[str, Any]) -> None:
    found = parse(case["text"])
    (article,) = found.articles
    assert values(article, case["article"]) == case["article"]
    assert bool(found.problems) == bool(case["problems"])
    assert {(problem.path, problem.lost) for problem in found.problems} <= {("posts/file.name.md", False)}
    assert all(expected in "; ".join(p.reason for p in found.problems) for expected in case["problems"])


@pytest.mark.parametrize("case", load("jsonl.json"), ids=lambda case: case["comment"])
def test_golden_lines(case: dict[str, Any]) -> None:
    found = parse(f"\n{case['line']}\n\n", "posts/a.jsonl")
    assert len(found.articles) == ("article" in case)
    for article in found.articles:
        assert values(article, case["article"]) == case["article"]
    assert len(found.problems) == ("problem" in case)
    for problem in found.problems:
        is_left_out = problem.kind is ProblemKind.LEFT_OUT
        assert (problem.path, problem.lost or is_left_out) == ("posts/a.jsonl:2", "article" not in case)
        assert case["problem"] in problem.reason


def test_a_bad_line_costs_no_other_line() -> None:
    found = parse(
        '{"text": "甲"}\r\n{"text": \n\n[]\n{"text": "乙", "date": "昨天"}\n' + "[" * 100_000, "p/a.ndjson"
    )
    assert [article.text for article in found.articles] == ["甲", "乙"]
    assert [(problem.path, problem.lost) for problem in found.problems] == [
        ("p/a.ndjson:2", True),
        ("p/a.ndjson:4", True),
        ("p/a.ndjson:5", False),
        ("p/a.ndjson:6", True),
    ]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("posts/春天.md", "春天"),
        ("posts/2021-03-04-春天.md", "春天"),
        ("posts/2021-03-04.md", "2021-03-04"),
        ("posts/春天/index.md", "春天"),
        ("posts/2021-03-04-春天/README.md", "春天"),
        ("posts/index.md", "posts"),
        ("index.md", "index"),
    ],
)
def test_an_article_without_a_title_has_the_name_of_its_file_or_folder(path: str, title: str) -> None:
    assert parse("一段话。", path).articles[0].title == title


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("青岚市志\n\n　　青岚市位于临江平原。", "青岚市志"),
        ("\n 甲\n\n飞鱼飞过。", "甲"),
        ("青岚市很大。\n\n又很小。", "a"),  # a sentence
        ("青岚市志\n青岚市位于临江平原。", "a"),  # no blank line
        ("青岚市志\n\n", "a"),  # nothing follows
        ("2021年3月4日\n\n青岚市位于临江平原。", "a"),
        ("* * *\n\n青岚市位于临江平原。", "a"),
        (f"{'长' * 100}\n\n青岚市位于临江平原。", "a"),
    ],
)
def test_a_short_line_at_the_head_of_a_plain_text_is_its_title(body: str, title: str) -> None:
    assert parse(body, "posts/a.txt").articles[0].title == title
    assert parse(body, "posts/a.md").articles[0].title == "a"


def test_a_title_of_any_length_is_cut_and_nothing_is_lost() -> None:
    parsed = parse(f"---\ntitle: {'题' * 1500}完\n---\n文", "posts/a.md")
    assert parsed.articles[0].title == "题" * 1000
    assert parsed.articles[0].text == f"{'题' * 500}完\n文"
    assert [problem.reason for problem in parsed.problems] == [
        "title: more than 1,000 characters; the rest of it is text"
    ]


def test_a_written_date_goes_before_that_of_the_path() -> None:
    path = "posts/2021-03-04-春天.md"
    written = parse("---\ndate: 2022-01-04\n---\n文", path).articles[0]
    assert format_date(written.date) == "2022-01-03T16:00:00Z"
    changed = parse("---\nlast_modified_at: 2022-01-04\n---\n文", path).articles[0]
    assert format_date(changed.date) == "2021-03-03T16:00:00Z"


LEFT_OUT = [
    ("draft: true", "draft: true"),
    ("draft: Yes", "draft: yes"),
    ("published: false", "published: false"),
    ("hidden: true", "hidden: true"),
    ("password: 芝麻", "has a password"),
    ("draft: false", ""),
    ("published: 2022-01-04", ""),
    ("password: ''", ""),
    ("hidden: false", ""),
]


@pytest.mark.parametrize(("line", "reason"), LEFT_OUT, ids=lambda value: value or "none")
def test_what_is_not_for_readers_is_left_out(line: str, reason: str) -> None:
    text = f"---\ntitle: 题\n{line}\n---\n文"
    found = parse(text)
    assert [(p.reason, p.kind) for p in found.problems] == [(reason, ProblemKind.LEFT_OUT)] * bool(reason)
    assert len(found.articles) == (not reason)
    taken = parse_file("posts/a.md", text.encode(), SHANGHAI, ReadingRules(drafts=True))
    assert len(taken.articles) == 1


def test_drafts_of_jekyll_and_hexo_lie_in_a_folder() -> None:
    assert not parse("文", "blog/_drafts/a.md").articles


def test_an_article_without_an_id_has_the_one_of_its_place() -> None:
    found = parse('{"text": "甲"}\n{"text": "甲"}', "p/a.jsonl")
    assert [article.id for article in found.articles] == [post_id("p/a.jsonl#1"), post_id("p/a.jsonl#2")]
    assert {article.path for article in found.articles} == {"p/a.jsonl"}
    assert parse("文", "p/b.md").articles[0].id == post_id("p/b.md")


# Decoding


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030", "big5", "big5hkscs"],
)
def test_examples_are_read_in_every_encoding(encoding: str) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    count = 0
    for path in EXAMPLES.rglob("*.md"):
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if "\ufffd" in text or ("big5" in encoding and "繁體" not in path.parts):
            continue
        # Without the few characters that this encoding lacks.
        text = text.encode(encoding, "ignore").decode(encoding)
        assert decode(mark + text.encode(encoding)) == (text, []), path
        count += 1
    assert count >= 5


@pytest.mark.parametrize(
    ("data", "text", "complaints"),
    [
        (b"", "", 0),
        (b"\xef\xbb\xbf\xef\xbb\xbf---", "---", 0),
        ("\ufeff的".encode() + b"\xff", "的\ufffd", 1),
        ("这是中文".encode() + b"\xff\xff" + "的".encode(), "这是中文\ufffd\ufffd的", 1),
        ("这是中文的".encode("gbk") + b"\xff", "这是中文的\ufffd", 1),
        ("這是中文的文章，在這裡".encode("big5") + b"\xff", "這是中文的文章，在這裡\ufffd", 1),
        ("这是𠮷㐂的".encode("gb18030"), "这是𠮷㐂的", 0),
        ("中文".encode("utf-16") + b"\x00", "中文\ufffd", 1),
        (b"plain", "plain", 0),
    ],
    ids=["empty", "two marks", "mark and garbage", "UTF-8", "GBK", "Big5", "GB18030", "UTF-16", "ASCII"],
)
def test_garbage_is_replaced_and_told(data: bytes, text: str, complaints: int) -> None:
    decoded, told = decode(data)
    assert decoded == text
    assert len(told) == complaints


def test_a_replaced_byte_is_a_problem_of_the_file() -> None:
    found = parse("---\ntitle: 题\n---\n这是文".encode() + b"\xff")
    assert found.articles[0].text == "这是文\ufffd"
    assert [problem.reason for problem in found.problems] == [
        "1 places are not valid utf-8 and were replaced by \ufffd"
    ]


# The examples, whose README promises these.


@pytest.mark.parametrize(
    ("name", "expected", "problem"),
    [
        ("剩饭剩菜变成公交车燃料*.md", {"author": "青岚发布"}, ""),
        ("最後一杯絲襪奶茶*.md", {"author": "榕灣日誌"}, ""),
        ("坐慢火车去沙汀*.md", {"title": "坐慢火车去沙汀：16站、5小时、14.5元"}, ""),
        ("路口绿灯多了七秒*.md", {"title": "路口绿灯多了七秒，是谁算出来的"}, ""),
        ("谁把路灯关了？.md", {"title": "谁把路灯关了？", "date": "2020-10-22T14:12:00Z"}, "not valid YAML"),
        ("Its Fine*.md", {"title": "It's Fine! 树莓派替我浇了一年花"}, "not valid YAML"),
        ("临江夜校开班*.md", {"title": "临江夜校开班: 晚上七点的陶艺课"}, "not valid YAML"),
        ("一碗鱼汤面*.md", {"date": None}, ""),
        ("松屿岛两日*.txt", {"date": "2023-05-05T23:08:09Z"}, ""),
        ("_图集_*.md", {"title": "_图集_ 雁湖今冬第一场雪", "text": ""}, "the body has no text"),
        ("0！.md", {"title": "0！", "editor": "程野"}, ""),
        ("1-5月临江市*.md", {"title": "1-5月临江市新建商品住宅成交面积同比下降18.0%"}, ""),
        ("桌遊《茶路》*.md", {"categories": ["繁體", "榕灣玩物", "— news"]}, ""),
        ("雾灵植物园.html", {"title": "沉睡七年的巨魔芋开花了", "date": None}, ""),
        ("梧岭古道徒步手记.txt", {"title": "梧岭古道徒步手记", "author": ""}, ""),
    ],
)
def test_examples(name: str, expected: dict[str, object], problem: str) -> None:
    (path,) = EXAMPLES.rglob(name)
    found = parse(path.read_bytes(), f"articles/{path.name}")
    assert values(found.articles[0], expected) == expected
    assert [problem in p.reason for p in found.problems] == ([True] if problem else [])


def test_examples_hold_nothing_but_their_text() -> None:
    """No advertisement, style, editor's line or navigation of any of them is text."""
    unwanted = (
        "appendQr",
        "海量资讯",
        "kaihu",
        "article_adlist",
        "责任编辑",
        "购票入口",
        "font-size",
        "&#",
        "\ufffd",
    )
    count = 0
    for path in EXAMPLES.rglob("*"):
        if path.is_file():
            for article in parse(path.read_bytes(), path.name).articles:
                count += 1
                assert not any(words in article.text for words in unwanted), path
    assert count == 71


# Whatever a file holds


def check(found: ParsedFile) -> None:
    """What every article must be, for all that comes after: catalog, engine, pages, export."""
    for article in found.articles:
        assert article.id
        assert article.title
        for line in (
            article.title,
            article.author,
            article.editor,
            *article.categories,
            *article.text.split("\n"),
        ):
            assert not UNSHOWABLE.search(line)
            assert line == line.strip()
        assert json.loads(json.dumps(article.to_json(), ensure_ascii=False).encode())
        assert pack(article).unpacked() == article
        assert make_document(article, ANALYZER, SHANGHAI).date == article.date


CHINESE = st.text("的一是不了在人我国中文題國。，\n<p>", min_size=1)
ENCODED = st.builds(
    lambda text, encoding: text.encode(encoding, "ignore"),
    st.one_of(st.text(), CHINESE),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030", "big5"]),
)
LINES = st.sampled_from(
    [
        b"---\n",
        b"title: ",
        b"date: ",
        b"categories:\n - ",
        b"\r\n",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"'",
        b"<p>",
        b"&#1;",
        b"<!--",
        b'{"text": "',
        b'{"categories": ["\\ud800"], "html": "',
        b'"}\n',
    ]
)
BYTES = st.lists(st.one_of(LINES, LINES, ENCODED, st.binary(max_size=8)), max_size=12).map(b"".join)


@settings(max_examples=examples(300))
@given(BYTES, st.sampled_from([".md", ".html", ".txt", ".jsonl"]))
@example(b"\xff\xfe\x00\xd8", ".md")
def test_any_bytes_are_read(data: bytes, suffix: str) -> None:
    found = parse(data, f"posts/a{suffix}")
    check(found)
    assert found == parse(data, f"posts/a{suffix}")
    if suffix != ".jsonl":
        assert len(found.articles) == 1


FIELDS = "id title text html author editor date categories url thumbnail".split()
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(10**12), 10**12),
        st.floats(),
        st.text(st.characters(codec=None)),
        st.sampled_from(
            ["<p>甲</p>", "2022-01-04", "\ud800", "a\u0000b", " 题\n目 ", "责编：王一", "&#127;", "e\u0301"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)
RECORDS = st.dictionaries(st.sampled_from(FIELDS), VALUES)


@settings(max_examples=examples(120))
@given(st.lists(RECORDS, max_size=3))
def test_any_record_is_an_article(records: list[dict[str, object]]) -> None:
    found = parse("\n".join(json.dumps(record) for record in records), "posts/a.jsonl")
    check(found)
    assert len(found.articles) == len(records)


@settings(max_examples=examples(80))
@given(
    st.one_of(BYTES, st.lists(RECORDS, max_size=2).map(lambda rs: "\n".join(map(json.dumps, rs)).encode()))
)
def test_what_is_exported_is_read_back(data: bytes) -> None:
    for path in ("posts/a.md", "posts/a.jsonl"):
        articles = parse(data, path).articles
        exported = parse("".join(write_jsonl(iter(articles))), "posts/a.jsonl")
        assert [a.to_json() | {"path": ""} for a in exported.articles] == [
            a.to_json() | {"path": ""} for a in articles
        ]


def test_examples_are_exported_and_read_back() -> None:
    for path in filter(Path.is_file, EXAMPLES.rglob("*")):
        name = "posts/a.jsonl" if path.suffix == ".jsonl" else "posts/a.md"
        articles = parse(path.read_bytes(), name).articles
        exported = parse("".join(write_jsonl(iter(articles))), "posts/a.jsonl")
        assert [a.to_json() | {"path": ""} for a in exported.articles] == [
            a.to_json() | {"path": ""} for a in articles
        ]


def test_the_digest_tells_contents_apart() -> None:
    assert parse("文").digest == parse("文").digest
    assert parse("文").digest != parse("文\n").digest


@pytest.mark.parametrize(
    "tag", ["<script language=php>", "<STYLE>", "<textarea", "<title>", "<iframe src=x>"]
)
def test_a_tag_that_is_never_closed_takes_nothing_with_it(tag: str) -> None:
    """From a real post: a <script> tag named in a sentence, not escaped; half of the article was lost."""
    data = f"<p>移除了 {tag} 标签。</p><p>后面还有内容。</p><script>no()</script><p>还有。</p>".encode()
    if "script" in tag:
        data = data.replace(b"<script>no()</script>", b"")
    article = parse_file("a/b.md", data, ZoneInfo("UTC")).articles[0]
    assert "后面还有内容。" in article.text
    assert "还有。" in article.text
    assert "no()" not in article.text
