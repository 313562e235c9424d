"""The Chinese documents say what the English ones do: section by section, the same outline, commands, names,
tables and links. What the sentences say is up to readers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path

import pytest

from index.language import translated
from index.settings import setting_fields
from web.query_help import SECTIONS
from web.settings import WebSettings

ROOT = Path(__file__).parent.parent
CHINESE = ROOT / "docs" / "zh-CN"
PAIRS = [
    (ROOT / "README.md", ROOT / "README.zh-CN.md"),
    *((ROOT / "docs" / path.name, path) for path in sorted(CHINESE.glob("*.md"))),
]
# Documents that users need.
NEEDED = {"query-language", "formats", "settings", "words", "operations", "deploy"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s+)# .*$")
_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OTHER_LANGUAGE = re.compile(r"^\[(?:English|中文\w*)\]\(([^)]+)\)$", re.MULTILINE)
_TABLE = re.compile(r"(?:^\|.*\|$\n?)+", re.MULTILINE)


@dataclass(slots=True)
class Section:
    """A part of a document below a heading: what is the same in every language."""

    title: str
    level: int
    blocks: list[tuple[str, list[str]]] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    tables: list[list[int]] = field(default_factory=list)


@cache
def headings(document: Path) -> list[tuple[int, str]]:
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    return [(len(signs), title) for signs, title in re.findall(r"^(#+) (.*)$", text, re.MULTILINE)]


def sections(document: Path) -> list[Section]:
    """The sections of a document in order; the first has no heading above it."""
    text = _OTHER_LANGUAGE.sub("", document.read_text(encoding="utf-8"))
    blocks: list[tuple[str, list[str]]] = []

    def kept(found: re.Match[str]) -> str:
        lines = [_COMMENT.sub("", line).rstrip() for line in found[2].splitlines()]
        blocks.append((found[1], [line for line in lines if line]))
        return f"\0{len(blocks) - 1}\n"

    made: list[Section] = []
    for part in re.split(r"^(?=#+ )", _FENCE.sub(kept, text), flags=re.MULTILINE):
        if not part.strip():
            continue
        heading = re.match(r"(#+) (.*)", part)
        prose = part[heading.end() :] if heading else part
        section = Section(heading[2] if heading else "", len(heading[1]) if heading else 0)
        section.blocks = [blocks[int(number)] for number in re.findall(r"\0(\d+)", prose)]
        section.codes.update(" ".join(code.split()) for _, code in _CODE.findall(prose))
        section.links = sorted(target(document, link) for link in _LINK.findall(_CODE.sub("", prose)))
        section.tables = [
            [row.replace("\\|", "").count("|") - 1 for row in table.splitlines()]
            for table in _TABLE.findall(prose)
        ]
        made.append(section)
    return made


def target(document: Path, link: str) -> str:
    """A link as it is from the English document; the anchor is the number of its heading."""
    if "://" in link:
        return link
    name, _, anchor = link.partition("#")
    path = (document.parent / name).resolve() if name else document
    if anchor:
        anchors = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in headings(path)]
        assert anchor in anchors, f"{document.name}: there is no heading {link}"
        anchor = f"#{anchors.index(anchor)}"
    inside = path.relative_to(ROOT).as_posix()
    return inside.replace("docs/zh-CN/", "docs/").replace(".zh-CN.", ".") + anchor


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_chinese_document_is_in_step(english: Path, chinese: Path) -> None:
    """Where this fails: bring the section that it names in step in the other language."""
    for one, other in zip_longest(sections(english), sections(chinese)):
        assert one is not None, f"{chinese.name}: {other.title!r} is only there"
        assert other is not None, f"{english.name}: {one.title!r} is only there"
        where = f"{english.name}, {one.title!r}, and {chinese.parent.name}/{chinese.name}, {other.title!r}"
        assert other.level == one.level, where
        assert other.blocks == one.blocks, where
        only_english, only_chinese = one.codes - other.codes, other.codes - one.codes
        assert not only_english + only_chinese, (
            f"{where}: only in English {only_english}, only in Chinese {only_chinese}"
        )
        assert other.links == one.links, where
        assert other.tables == one.tables, where


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_lead_to_the_other_language(english: Path, chinese: Path) -> None:
    for here, there in ((english, chinese), (chinese, english)):
        found = _OTHER_LANGUAGE.search(here.read_text(encoding="utf-8"))
        assert found, here
        assert (here.parent / found[1]).resolve() == there


def test_what_users_need_is_there_in_chinese() -> None:
    readme = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert {path.stem for path in CHINESE.glob("*.md")} >= NEEDED
    for path in CHINESE.glob("*.md"):
        assert f"(docs/zh-CN/{path.name})" in readme, path.name


def test_links_of_chinese_documents_lead_somewhere() -> None:
    """To the Chinese document, where there is one."""
    for document in (ROOT / "README.zh-CN.md", *CHINESE.glob("*.md")):
        for link in re.findall(
            r"\]\(([^)#:]+)\)", _OTHER_LANGUAGE.sub("", document.read_text(encoding="utf-8"))
        ):
            path = (document.parent / link).resolve()
            assert path.exists(), (document.name, link)
            assert not (path.parent == ROOT / "docs" and (CHINESE / path.name).exists()), (
                document.name,
                link,
            )


def test_settings_are_explained_as_at_the_terminal() -> None:
    text = (CHINESE / "settings.md").read_text(encoding="utf-8")
    for name, setting in setting_fields(WebSettings).items():
        row = re.search(rf"^\| `{name}` \|(.*?)\| (.*?) \|$", text, re.MULTILINE)
        assert row, name
        assert row[1].strip(" `") == str(setting.default)
        assert row[2] == translated(setting.metadata["help"], "zh-Hans")


def test_forms_of_queries_are_explained_as_on_the_page() -> None:
    text = (CHINESE / "query-language.md").read_text(encoding="utf-8")
    forms = [form for section in SECTIONS for form in section.forms]
    meanings = re.findall(r"^\| `.*?` \| (.*?) \|$", text.replace("\\|", ""), re.MULTILINE)
    assert meanings[: len(forms)] == [translated(form.meaning, "zh-Hans") for form in forms]
