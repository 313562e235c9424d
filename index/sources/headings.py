"""The first heading in the source of a body: the title of an article that names none."""

from __future__ import annotations

import html
import re
from datetime import UTC

from index.sources.body import one_line
from index.sources.dates import parse_date
from index.sources.extract import UNSHOWABLE

# Characters of a heading that is a title.
_LONGEST_HEADING = 300
_ATX = re.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<text>[^\n]*?)[ \t]*#*[ \t]*$", re.MULTILINE)
_SETEXT = re.compile(
    r"^(?![ \t>#*+-]|\d+[.)]|\s*$)(?P<text>[^\n]+)\n(?P<line>={2,}|-{2,})[ \t]*$", re.MULTILINE
)
_FENCE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_HTML_HEADING = re.compile(
    r"<h(?P<level>[1-6])(?:\s[^<>]*)?>(?P<text>.{0,2000}?)</h(?P=level)\s*>", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"!?\[(?P<text>[^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_MARKS = re.compile(r"(?P<mark>\*{1,3}|_{1,3}|`+|~~|==)(?P<text>\S(?:.*?\S)?)(?P=mark)")
_NO_CONTENT = re.compile(
    r"(?:\s|<!--.*?-->|<[^<>]*>|!\[[^\]]*\]\([^)]*\)|^import .*$|\{%.*?%\})*", re.MULTILINE | re.DOTALL
)
_TITLE_LINE = re.compile(
    r"\s*(?=[^\n]*[^\W\d_])(?P<line>[^\n]{0,59}[^\n\s，。；：、！？…,;:!?|>])"
    r"[ \t\r\u3000]*\n[ \t\r\u3000]*\n\s*\S"
)
# Characters at the head of a body in which its heading is looked for.
HEAD = 20_000


def first_heading(source: str, *, is_markdown: bool) -> str:
    """The first heading of level 1 in the source of a body, without its mark; else the first one, if nothing
    stands above it.

    >>> first_heading("# 无前言的**文章** #", is_markdown=True)
    '无前言的文章'
    """
    head = source[:HEAD]
    found = [
        (match.start(), int(match["level"]), _TAG.sub("", match["text"]))
        for match in _HTML_HEADING.finditer(head)
    ]
    if is_markdown:
        head = _FENCE.sub(lambda match: " " * len(match[0]), head)
        found += [(match.start(), len(match["marks"]), match["text"]) for match in _ATX.finditer(head)]
        found += [
            (match.start(), 1 if match["line"][0] == "=" else 2, match["text"])
            for match in _SETEXT.finditer(head)
        ]
    found.sort()
    for start, level, text in found:
        if level == 1 or (start == found[0][0] and _NO_CONTENT.fullmatch(head, 0, start)):
            text = html.unescape(_plain_heading(text) if is_markdown else text)
            text = one_line(UNSHOWABLE.sub("", text))
            if text:
                return text[:_LONGEST_HEADING]
    return ""


def title_line(source: str) -> str:
    """The first line of a plain text, if it is a title: short, followed by a blank line, neither a
    sentence nor a date.

    >>> title_line("青岚市志\\n\\n　　青岚市位于临江平原东部。"), title_line("青岚市很大。\\n\\n又很小。")
    ('青岚市志', '')
    """
    found = _TITLE_LINE.match(source)
    if not found:
        return ""
    line = one_line(UNSHOWABLE.sub("", html.unescape(found["line"])))
    try:
        parse_date(line, UTC)
    except ValueError:
        return line
    return ""


def _plain_heading(text: str) -> str:
    """A heading without Markdown's marks inside the line."""
    text = re.sub(r"\s*\{#[^{}]*\}\s*$", "", text)
    text = _LINK.sub(lambda found: found["text"], _TAG.sub("", text))
    return _MARKS.sub(lambda found: found["text"], text)
