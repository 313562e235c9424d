"""References to articles: what a title holds never breaks a format, and programs find the metadata."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date
from urllib.parse import quote

import pytest
from archive import Archive
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from pages import link_of, one, page_at

from index.article import Article
from search.citations import Reference, as_bibtex, as_gb7714, as_ris, reference
from web.app import create_app
from web.settings import WebSettings

DAY = date(2026, 1, 2)
HOSTILE = [
    "TY  - JOUR\nER  - \nTY  - BOOK",
    "a\r\nER  - \r\n\r\nTY  - JOUR",
    "}, author = {谁} } @article{x, title = {",
    "{{{",
    "}}}",
    "\\end{document} \\{ \\} \\\\",
    "50% off & #1 $x_1^2$ ~",
    '"><script>alert(1)</script>',
    "' onload='alert(1)",
    "行\u2028分\u2029隔\x85符\x0b\x0c",
    "\x00\x1b[31m\ufeff",
    "%\\}\n%",
    "",
]


def _read_bibtex(text: str) -> tuple[str, str, dict[str, str]]:
    """Type, key and fields of the only entry of a text, by BibTeX's rules: braces count, escaped or not."""
    head = re.match(r"@(\w+)\{([^,\s{}]+),\n", text)
    assert head
    fields: dict[str, str] = {}
    position = head.end()
    while text[position] != "}":
        name = re.compile(r"\s*(\w+) = \{").match(text, position)
        assert name, text[position:]
        depth, start = 1, name.end()
        position = start
        while depth:
            depth += {"{": 1, "}": -1}.get(text[position], 0)
            position += 1
        fields[name[1]] = text[start : position - 1]
        assert text[position : position + 2] == ",\n"
        position += 2
    assert text[position:].strip() == "}"
    return head[1], head[2], fields


def _untex(text: str) -> str:
    """What TeX sets for an escaped text."""
    names = {
        "textbackslash{}": "\\",
        "textbraceleft{}": "{",
        "textbraceright{}": "}",
        "textasciitilde{}": "~",
        "textasciicircum{}": "^",
    }
    return re.sub(r"\\(text\w+\{\}|.)", lambda found: names.get(found[1], found[1]), text)


def _read_ris(text: str) -> list[list[tuple[str, str]]]:
    """The records of a file: their tags and values."""
    records: list[list[tuple[str, str]]] = []
    for line in filter(None, text.split("\r\n")):
        assert not {unicodedata.category(sign) for sign in line} & {"Cc", "Zl", "Zp"}, line
        tag, dashes, value = line[:2], line[2:6], line[6:]
        assert re.fullmatch("[A-Z][A-Z0-9]", tag), line
        assert dashes == "  - "
        if tag == "TY":
            records.append([])
        records[-1].append((tag, value))
    assert all(record[-1][0] == "ER" for record in records)
    assert all([tag for tag, _ in record].count("ER") == 1 for record in records)
    return records


@given(
    st.one_of(st.sampled_from(HOSTILE), st.text()),
    st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)),
    st.one_of(st.none(), st.integers(-60_000_000_000, 250_000_000_000)),
    st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=5)), max_size=3),
    st.one_of(st.just(""), st.text(max_size=9).map("https://a.example/".__add__)),
)
@example("TY  - X", "a;b、c，d", 0, [], "https://a.example/{}\\%20\n")
def test_no_text_leaves_its_field(
    title: str, author: str, day: int | None, tags: list[str], url: str
) -> None:
    article = Article("甲 乙", "a.md", title, "正文", author=author, date=day, tags=tuple(tags), url=url)
    cited = reference(article, UTC, "https://souwen.example")
    [record] = _read_ris(as_ris(cited))
    values = {tag: [value for name, value in record if name == tag] for tag, _ in record}
    assert record[0] == ("TY", "ELEC")
    assert values["TI"] == [cited.title]
    assert values.get("AU", []) == list(cited.authors)
    kind, key, fields = _read_bibtex(as_bibtex(cited, DAY))
    assert (kind, key) == ("online", f"souwen-{cited.key}")
    assert _untex(fields["title"]) == f"{{{cited.title}}}"
    assert fields["url"] == values["UR"][0]
    assert "\n" not in as_gb7714(cited, DAY)


def test_a_reference_names_what_a_reader_needs() -> None:
    article = Article(
        id="a1",
        path="a.md",
        title="城市的树",
        text="正文",
        author="李墨轩、王一",
        date=1641276006,
        tags=("树", "城市"),
        url="https://a.example/树",
    )
    cited = reference(article, UTC, "https://souwen.example")
    assert as_gb7714(cited, DAY) == (
        "李墨轩, 王一. 城市的树[EB/OL]. (2022-01-04)[2026-01-02]. https://a.example/树."
    )
    assert as_ris(cited) == (
        "TY  - ELEC\r\nTI  - 城市的树\r\nAU  - 李墨轩\r\nAU  - 王一\r\nPY  - 2022\r\nDA  - 2022/01/04\r\n"
        "UR  - https://a.example/树\r\nKW  - 树\r\nKW  - 城市\r\nLA  - zh\r\nID  - a1\r\nER  - \r\n\r\n"
    )
    assert _read_bibtex(as_bibtex(cited, DAY)) == (
        "online",
        "souwen-a1",
        {
            "title": "{城市的树}",
            "author": "{李墨轩} and {王一}",
            "year": "2022",
            "date": "2022-01-04",
            "url": "https://a.example/树",
            "urldate": "2026-01-02",
            "keywords": "树, 城市",
            "langid": "chinese",
        },
    )


def test_of_more_than_three_authors_three_are_named() -> None:
    cited = Reference("a", "题", ("甲", "乙", "丙", "丁"), None, "https://a.example/", ())
    assert as_gb7714(cited, DAY) == "甲, 乙, 丙, 等. 题[EB/OL]. [2026-01-02]. https://a.example/."
    assert ", et al. " in as_gb7714(replace(cited, title="Trees"), DAY)


def test_where_nothing_was_published_the_page_here_is_cited() -> None:
    article = Article("a/b", "a.md", "", "没有题目的正文\n第二行", url="javascript:alert(1)")
    cited = reference(article, UTC, "https://souwen.example/archive")
    assert cited.address == "https://souwen.example/archive/article/a%2Fb"
    assert cited.title == "没有题目的正文 第二行"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The front end over articles whose titles would break a format."""
    folder = tmp_path_factory.mktemp("cited")
    archive = Archive(folder / "posts", folder / "index")
    archive.folder.mkdir()
    lines = [
        {"id": f"甲{number}", "title": title, "author": title, "tags": [title], "text": f"引文 第{number}篇"}
        for number, title in enumerate(HOSTILE)
    ]
    lines += [
        {"id": "a", "title": "引文之一", "text": "引文"},
        {"id": "a.ris", "title": "引文之二", "text": "引文"},
    ]
    archive.write("a.jsonl", "\n".join(json.dumps(line) for line in lines))
    archive.sync()
    app = create_app(WebSettings(index=str(archive.directory)))
    yield app.test_client()
    app.extensions["souwen"].close()


def test_a_list_has_a_reference_for_each_article(hostile: FlaskClient) -> None:
    found = json.loads(hostile.get("/api/search?q=引文&size=100&fold=off").data)["hits"]
    answer = hostile.get("/search.ris?q=引文")
    assert answer.content_type == "application/x-research-info-systems; charset=utf-8"
    records = _read_ris(answer.data.decode())
    assert len(records) == len(found) == len(HOSTILE) + 2
    entries = hostile.get("/search.bib?q=引文").data.decode().split("\n@online")
    assert len(entries) == len(found)
    keys = {_read_bibtex(entry if entry.startswith("@") else "@online" + entry)[1] for entry in entries}
    assert len(keys) == len(found)
    lines = hostile.get("/search.txt?q=引文").data.decode().splitlines()
    assert [line.split("]")[0] for line in lines] == [f"[{number}" for number in range(1, len(found) + 1)]
    assert hostile.get("/search.ris?q=a&sort=best").status_code == 400


def test_an_article_has_its_reference_at_its_address(hostile: FlaskClient) -> None:
    for number in range(len(HOSTILE)):
        path = f"/article/{quote(f'甲{number}')}"
        page = page_at(hostile, path)
        ris = hostile.get(link_of(page, ".cite a[href$='.ris']"))
        assert "attachment" in ris.headers["Content-Disposition"]
        [record] = _read_ris(ris.data.decode())
        _read_bibtex(hostile.get(link_of(page, ".cite a[href$='.bib']")).data.decode())
        # The head has it, too, and nothing that a title would add.
        assert one(page, "meta[name=citation_title]")["content"] == dict(record)["TI"]
        assert {str(script["src"]).split("?")[0] for script in page.select("script")} <= {
            f"/static/{name}.js" for name in ("souwen", "typing", "reading", "watches")
        }
        assert link_of(page, "link[rel=canonical]") == f"http://localhost{path}"
        assert one(page, "meta[property='og:url']")["content"] == f"http://localhost{path}"
        assert one(page, "meta[property='og:type']")["content"] == "article"
        assert one(page, "meta[name=description]")["content"]
    assert hostile.get("/article/none.ris").status_code == 404


def test_an_id_may_end_like_the_address_of_a_reference(hostile: FlaskClient) -> None:
    assert one(page_at(hostile, "/article/a.ris"), "h1").text == "引文之二"
    assert dict(_read_ris(hostile.get("/article/a.ris.ris").data.decode())[0])["TI"] == "引文之二"
    assert "引文之一" in hostile.get("/article/a.bib").data.decode()


def test_programs_find_the_metadata(client: FlaskClient) -> None:
    """The names that Zotero's translator for embedded metadata reads."""
    page = page_at(client, "/article/radio-001?q=导航")
    found = {str(meta["name"]): str(meta["content"]) for meta in page.select("meta[name^=citation_]")}
    assert found == {
        "citation_title": "民宿主人养了一头会认路的驴",
        "citation_author": "星桥电台",
        "citation_publication_date": "2021/06/05",
        "citation_language": "zh",
        "citation_public_url": "https://example.org/xingqiao/001",
    }
    assert link_of(page, "link[rel=canonical]") == "http://localhost/article/radio-001"
