"""Long texts → chapters, each an article of its own: found, ranked and read by itself."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lxml import etree
from lxml import html as lxml_html

from index.article import Article
from index.sources.body import as_html
from index.sources.extract import extract

# Characters of a text that stays one article; and of a part of one that has no chapters.
MAX_LENGTH = 200_000
PART_LENGTH = 50_000
# With less text than this behind it, a heading stands in a table of contents, or above another heading.
_SHORTEST = 100
_LONGEST_HEADING = 40
_NUMBER = "[〇零○一二两兩三四五六七八九十百千廿卅0-9０-９]{1,9}"
_HEADING = re.compile(
    rf"(?:[【\[（(]?\s*第\s?{_NUMBER}\s?[章回卷节節部篇集折幕编編][^。！？!?；;，,]*"
    rf"|[卷篇]{_NUMBER}(?:\s.*)?"
    r"|(?:序章|序言|楔子|引子|尾声|尾聲|后记|後記|番外|终章|終章)(?:[\s：:].*)?"
    rf"|Chapter\s+(?:\d+|[IVXLC]+)\b.*)"
)
_HTML_HEADING = re.compile(r"<h([1-4])\b[^>]*>(.{1,400}?)</h\1>", re.IGNORECASE | re.DOTALL)
_SENTENCE = re.compile(r"[。！？!?；;…][”’」』）)]*")


def split_long(article: Article) -> Sequence[Article]:
    """The article; or its chapters, where its text is over MAX_LENGTH characters.

    A chapter begins at a line such as 第三章 or at a heading of the HTML. Where there are none, and in
    chapters that are too long themselves, parts of equal length end with a paragraph, or a sentence. All
    lines together are those of the article. The ids are its own with a number.
    """
    if len(article.text) <= MAX_LENGTH:
        return (article,)
    lines = [part for line in article.text.split("\n") for part in _bearable(line)]
    sections = list(_equal_parts(_sections(lines, _headings(article.html))))
    bodies = _bodies(article.html, [section.lines for section in sections])
    return [
        replace(
            article,
            id=f"{article.id}-{number}",
            title=f"{article.title} · {section.title or f'{number}/{len(sections)}'}",
            text="\n".join(section.lines),
            html=body,
        )
        for number, (section, body) in enumerate(zip(sections, bodies, strict=True), start=1)
    ]


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    lines: list[str]


def _bearable(line: str) -> Iterator[str]:
    """A line, cut behind sentences if it is longer than a part may be."""
    while len(line) > PART_LENGTH:
        ends = [found.end() for found in _SENTENCE.finditer(line, PART_LENGTH // 2, PART_LENGTH)]
        cut = ends[-1] if ends else PART_LENGTH
        yield line[:cut]
        line = line[cut:]
    yield line


def _headings(body: str) -> frozenset[str]:
    """Headings in HTML, of the highest level that has several."""
    levels: dict[str, list[str]] = {}
    for found in _HTML_HEADING.finditer(body):
        text = " ".join(html.unescape(re.sub(r"<[^>]*>", "", found[2])).split())
        levels.setdefault(found[1], []).append(text)
    several = [texts for _, texts in sorted(levels.items()) if len(texts) > 1]
    return frozenset(several[0]) - {""} if several else frozenset()


def _sections(lines: list[str], headings: frozenset[str]) -> list[_Section]:
    """Lines by chapter. A heading without text of its own goes to the next chapter."""
    sections: list[_Section] = []
    begun: list[str] = []
    title, length = "", 0
    for line in lines:
        if len(line) <= _LONGEST_HEADING and (line in headings or _HEADING.fullmatch(line)):
            if length >= _SHORTEST:
                sections.append(_Section(title, begun))
                begun, length = [], 0
            title = line
        else:
            length += len(line)
        begun.append(line)
    if length >= _SHORTEST or not sections:
        return [*sections, _Section(title, begun)]
    return [*sections[:-1], replace(sections[-1], lines=sections[-1].lines + begun)]


def _equal_parts(sections: list[_Section]) -> Iterator[_Section]:
    """The sections, with long ones split into parts."""
    for section in sections:
        length = sum(map(len, section.lines))
        if length <= MAX_LENGTH:
            yield section
            continue
        count = -(-length // PART_LENGTH)
        parts: list[list[str]] = [[] for _ in range(count)]
        done = 0
        for line in section.lines:
            parts[min(count - 1, (done + len(line) // 2) * count // length)].append(line)
            done += len(line)
        filled = [part for part in parts if part]
        for number, part in enumerate(filled, start=1):
            yield _Section(f"{section.title} {number}/{len(filled)}" if section.title else "", part)


def _bodies(body: str, sections: list[list[str]]) -> Iterator[str]:
    """HTML of each section: the article's, cut where sections begin; if that is impossible, a paragraph
    for each line."""
    pieces = _pieces(body)
    counted = [(piece, extract(piece).text) for piece in pieces]
    if "\n".join(text for _, text in counted if text) != "\n".join(
        line for lines in sections for line in lines
    ):
        yield from (as_html("\n".join(lines)) for lines in sections)
        return
    at = 0
    for number, lines in enumerate(sections, start=1):
        wanted, taken = len(lines), []
        while at < len(counted) and (wanted > 0 or number == len(sections) or not counted[at][1]):
            wanted -= len(counted[at][1].split("\n")) if counted[at][1] else 0
            taken.append(counted[at][0])
            at += 1
        yield "\n".join(taken) if not wanted else as_html("\n".join(lines))


def _pieces(body: str) -> list[str]:
    """Sibling elements of the body, inside their common wrapper."""
    try:
        parts = lxml_html.fragments_fromstring(body)
    except (etree.LxmlError, ValueError):
        return []
    while (
        len(parts) == 1
        and not isinstance(parts[0], str)
        and len(parts[0])
        and not (parts[0].text or "").strip()
    ):
        parts = list(parts[0])
    return [
        html.escape(part, quote=False)
        if isinstance(part, str)
        else lxml_html.tostring(part, encoding="unicode")
        for part in parts
    ]
