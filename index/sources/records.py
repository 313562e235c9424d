"""JSON Lines: a record a line, each an article."""

from __future__ import annotations

import json
import re
from datetime import tzinfo
from typing import TypeGuard

from index.article import FIRST_DATE, LAST_DATE, Article, Problem, post_id
from index.sources.body import as_html, category_levels, first_line, lines_of, one_line, read_body
from index.sources.dates import parse_date
from index.sources.decode import clean
from index.sources.extract import Extracted, extract


def parse_lines(path: str, text: str, zone: tzinfo) -> tuple[list[Article], list[Problem]]:
    articles: list[Article] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(where, f"is not valid JSON ({error})", lost=True))
            continue
        if not isinstance(record, dict):
            problems.append(Problem(where, "is not a JSON object", lost=True))
            continue
        article, complaints = _article_of(record, path, number, zone)
        articles.append(article)
        if complaints:
            problems.append(Problem(where, "; ".join(complaints), lost=False))
    return articles, problems


def _article_of(record: dict[str, object], path: str, number: int, zone: tzinfo) -> tuple[Article, list[str]]:
    complaints: list[str] = []

    def text_of(key: str) -> str:
        return cleaned(key, record.get(key))

    def cleaned(key: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return clean(str(value).encode("utf-8", "replace").decode())
        complaints.append(f"{key}: must be text")
        return ""

    written_text = "\n".join(lines_of(text_of("text")))
    if written_html := text_of("html"):
        body, extracted = read_body(written_html)
        if written_text:
            extracted = Extracted(written_text, extracted.editor, extracted.images, extracted.title)
    else:
        body = as_html(written_text)  # text is text, also where it looks like markup
        extracted = extract(body)
    date = None
    value = record.get("date")
    if _is_timestamp(value):
        date = value
    elif written := text_of("date"):
        try:
            date = parse_date(written, zone)
        except ValueError as error:
            complaints.append(f"date: {error}")
    listed = record.get("categories")
    categories = (
        [cleaned("categories", item) for item in listed]
        if isinstance(listed, list)
        else text_of("categories").split("/")
    )
    if not extracted.text:
        complaints.append("the body has no text")
    article_id = one_line(text_of("id")) or post_id(f"{path}#{number}")
    article = Article(
        id=article_id,
        path=path,
        title=one_line(text_of("title")) or extracted.title or first_line(extracted.text) or article_id,
        text=extracted.text,
        html=body,
        author=one_line(text_of("author")),
        editor=one_line(text_of("editor")) or extracted.editor,
        date=date,
        categories=category_levels(categories),
        thumbnail=text_of("thumbnail") or next(iter(extracted.images), ""),
        url=text_of("url"),
    )
    return article, complaints


def _is_timestamp(value: object) -> TypeGuard[int]:
    """Whether a number is a date in seconds since 1970: not 20220104, which is one as it is written."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return FIRST_DATE <= value <= LAST_DATE and not re.fullmatch(
        "(19|20)[0-9]{2}[01][0-9][0-3][0-9]", str(value)
    )
