"""Bodies of articles as HTML, with their text; and the white space of single lines."""

from __future__ import annotations

import html

from index.sources.extract import Extracted, extract, has_markup, unswallowed


def read_body(body: str) -> tuple[str, Extracted]:
    """The body as HTML, and what it holds. Text without markup: each line is a paragraph."""
    body = unswallowed(body) if has_markup(body) else as_html(html.unescape(body))
    return body, extract(body)


def as_html(text: str) -> str:
    """A paragraph for each line of a text."""
    return "\n".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines_of(text))


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty, each with single spaces."""
    return [line for line in map(one_line, text.split("\n")) if line]


def one_line(text: str) -> str:
    return " ".join(text.split())


def first_line(text: str) -> str:
    return text.partition("\n")[0][:80].rstrip()


def category_levels(names: list[str]) -> tuple[str, ...]:
    """The levels of a category path, without empty ones."""
    return tuple(name for name in map(one_line, names) if name)
