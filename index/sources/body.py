"""Bodies of articles as HTML, with their text; and the white space of single lines."""

from __future__ import annotations

import html

from index.sources.extract import Extracted, extract, has_markup, keeps_breaks
from index.sources.loss import left_out
from index.sources.markdown import begins_as_html, to_html
from index.sources.repair import repair
from index.sources.simple_markup import extract_simple
from index.sources.unwrap import unwrap_html, unwrap_text

MARKDOWN_SUFFIXES = frozenset([".md", ".markdown", ".mdx"])


def read_body(body: str, suffix: str = "") -> tuple[str, Extracted, str]:
    """The body of an article as HTML with its extracted content, and a complaint if much of it was left out.

    The `suffix` of its file (`.md`) decides the markup. Markdown that begins with a block of HTML, as
    saved from feeds, is HTML. In text without markup, each line is a paragraph.
    """
    if suffix in MARKDOWN_SUFFIXES and not begins_as_html(body):
        written = repair(to_html(body, mdx=suffix == ".mdx"))
        extracted = extract(written)
        return written, extracted, left_out(body, extracted, markdown=True)
    if simple := extract_simple(body):
        written = unwrap_html(body)
        return written, simple if written is body else extract(written), ""
    if has_markup(body):
        written = repair(body)
        written = unwrap_html(written, lines=keeps_breaks(written))
    else:
        written = as_html(unwrap_text(html.unescape(body)))
    extracted = extract(written)
    return written, extracted, left_out(body, extracted)


def as_html(text: str) -> str:
    """HTML with a paragraph for each line of a text."""
    return "\n".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines_of(text))


def lines_of(text: str) -> list[str]:
    """Non-empty lines of a text, with white space collapsed."""
    return [line for line in map(one_line, text.split("\n")) if line]


def one_line(text: str) -> str:
    return " ".join(text.split())


def first_line(text: str) -> str:
    return text.partition("\n")[0][:80].rstrip()
