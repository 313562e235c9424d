"""Markdown → HTML: CommonMark with GFM's tables, footnotes and task lists, and what site generators add.

    code and math set aside → marks of generators stripped or unwrapped → code put back → HTML → math put back

Code is set aside first, so that no rule for prose can touch it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from html import escape

import pyromark

from index.sources.additions import (
    CODE_KEPT,
    MARKDOWN_INSIDE,
    TEMPLATE,
    arguments,
    without_additions,
    without_components,
)
from index.sources.extract import UNSHOWABLE
from index.sources.repair import Ends
from index.sources.unwrap import break_lines

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_DEFINITION_LIST
)
# Where something may stand that is no prose.
_TOKEN = re.compile(
    r"[`~<{$\\](?:(?<=`)`*|(?<=~)~~+|(?<=<)(?:!--|[A-Za-z]+)|(?<=\{)(?=%|\{[<%])|(?<=\$)\$?|(?<=\\)[^\n])"
)
_RAW_ELEMENTS = frozenset("script style pre textarea".split())
_VERBATIM = re.compile(
    r"\{%-?[ \t]*(?P<tag>raw|codeblock|code|highlight|verbatim)\b[^%\n]*%\}"
    r"|\{\{[<%][ \t]*(?P<shortcode>highlight|code)\b[^\n]*?[>%]\}\}"
)
# What stands before a fence in its line.
_LEAD = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_INLINE_MATH = re.compile(r"\$(?=[^\s$])(?:\\.|[^$\\\n`]){1,500}(?<=\S)\$(?![\d$])")
_MAX_MATH = 4000
# A code span ends before these.
_PARAGRAPH_END = re.compile(r"\n[ \t>]*(?:\n|```|~~~|\Z)")
_OUTSIDE_QUOTE = re.compile(r"^(?![ \t]*>)", re.MULTILINE)
_MATH_KEPT = re.compile(r"(?:\x03|%03)(\d+)(?:\x04|%04)")

_NEEDS_WORK = re.compile(
    r"\{[%{:.#/]|=\{|:::|\[\[|\[!|==|\$|<!--|~|\^|\*|%%|!!!|\?\?\?|///|<<<|8<|\)\{|\]\{|:[a-z]+-|[\s\"]markdown\b"
    r"|\]\([^()\n ]* "
    r"|<(?:script|style|pre|textarea|[A-Z])|\[_?toc_?\]",
    re.I,
)


_BLOCK_NAMES = (
    "address article aside blockquote body center dd details div dl dt figure footer form h1 h2 h3 h4 h5 h6 "
    "head header html main nav ol p pre section table tbody td tr ul"
).replace(" ", "|")
_BLOCK_TAG = re.compile(rf"<(/?)(?:{_BLOCK_NAMES})(?![\w-])[^<>]*?(/?)>", re.IGNORECASE)
_BEGINS_AS_HTML = re.compile(
    rf"\s*(?:<!--.*?-->\s*)*<(?:!doctype|\?xml|(?:{_BLOCK_NAMES})(?=[\s>]))", re.I | re.DOTALL
)
# Where a Markdown paragraph may begin: after an empty line, with neither a tag nor a deep indent.
_AFTER_EMPTY_LINE = re.compile(r"\n[ \t]*\n {0,3}(?=[^\s<])|\n[ \t]*\n {0,3}(?=<https?:)")


def begins_as_html(text: str) -> bool:
    """True if the body of a Markdown file is HTML: it begins with a block, and everything is inside
    blocks."""
    found = _BEGINS_AS_HTML.match(text)
    if not found or MARKDOWN_INSIDE.match(text, text.rfind("<", 0, found.end())):
        return False
    paragraphs = (found.start() for found in _AFTER_EMPTY_LINE.finditer(text))
    paragraph = next(paragraphs, None)
    if paragraph is None:
        return True
    depth = 0
    for tag in _BLOCK_TAG.finditer(text):
        while paragraph < tag.start():
            if depth <= 0:
                return False
            paragraph = next(paragraphs, None)
            if paragraph is None:
                return True
        depth += 0 if tag[2] else -1 if tag[1] else 1
    return depth > 0


_CHECKBOX = re.compile(r"(?<=type=\"checkbox\"/>)\n|(?<=checked=\"\"/>)\n")


def to_html(text: str, *, mdx: bool = False) -> str:
    """The HTML of a Markdown text, as it is (not sanitised)."""
    scanner = _Scanner(text)
    if mdx or _NEEDS_WORK.search(text):
        prose = scanner.prose()
        if mdx:
            prose = without_components(prose)
        prose = without_additions(prose, scanner.code)
        text = CODE_KEPT.sub(lambda found: scanner.code[int(found[1])], prose)
    html = _CHECKBOX.sub(" ", pyromark.html(text, options=_OPTIONS))
    html = break_lines(html)
    if scanner.math:
        html = _MATH_KEPT.sub(lambda found: escape(scanner.math[int(found[1])]), html)
    if "&#" in text:  # may name characters that the text itself must not have
        html = UNSHOWABLE.sub("", html)
    return html


class _Scanner:
    """Sets aside the parts of a text that are not prose: code, comments, math."""

    def __init__(self, text: str) -> None:
        self.code: list[str] = []
        self.math: list[str] = []
        self._text = text
        self._ends = Ends(text)
        self._never_ended: set[str] = set()  # names of template tags
        self._runs: dict[int, list[int]] | None = None  # offsets of the runs of backticks, by their length

    def prose(self) -> str:
        """The text with a number in place of each part that was set aside."""
        text = self._text
        parts: list[str] = []
        position = done = 0
        while token := _TOKEN.search(text, position):
            start, position = token.span()
            kept = self.math if token[0][0] == "$" else self.code
            end, written = self._piece(token)
            if end < 0 and token[0] == "{" and (tag := TEMPLATE.match(text, start)):
                position = tag.end()  # what is quoted in it by backticks is no code
            if end >= 0:
                number = f"\x03{len(kept)}\x04" if kept is self.math else f"\x01{len(kept)}\x02"
                parts += (text[done:start], number)
                kept.append(text[start:end] if written is None else written)
                position = done = end
        return "".join(parts) + text[done:]

    def _piece(self, token: re.Match[str]) -> tuple[int, str | None]:
        """The end of the construct that a token begins (-1: none), and its replacement, if it is not kept
        as it is."""
        start, end = token.span()
        match token[0][0]:
            case "`":
                fence = self._fence_end(token[0], start, end)
                return fence if fence >= 0 else self._span_end(start, end), None
            case "~":
                return self._fence_end(token[0], start, end), None
            case "<":
                return self._markup_end(token[0].lower(), start, end)
            case "{":
                found = _VERBATIM.match(self._text, start)
                return self._verbatim(found) if found else (-1, None)
            case "$":
                return self._math_end(token[0], start, end), None
        return -1, None

    def _line_start(self, offset: int) -> int:
        """Offset of the line of a token; or a nearer one, if that is enough to exclude that the token
        begins the line."""
        return self._text.rfind("\n", max(0, offset - 200), offset) + 1 or max(0, offset - 200)

    def _fence_end(self, marks: str, start: int, end: int) -> int:
        """End of the code block that a fence begins; -1 if it begins none."""
        text, line = self._text, self._line_start(start)
        if len(marks) < 3 or not _LEAD.fullmatch(text, line, start):
            return -1
        limit = len(text)
        if marks[0] == "`":
            end_of_line = text.find("\n", end)
            if text.find("`", end, limit if end_of_line < 0 else end_of_line) >= 0:
                return -1
        if text.find(">", line, start) >= 0 and (outside := _OUTSIDE_QUOTE.search(text, end)):
            limit = outside.start()
        closing = re.compile(rf"^[ \t>]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*$", re.MULTILINE)
        found = closing.search(text, end, limit)
        return found.end() if found else limit

    def _span_end(self, start: int, end: int) -> int:
        """End of the code span that a run of backticks begins; -1 if it begins none."""
        if self._runs is None:
            self._runs = defaultdict(list)
            for run in re.finditer("`+", self._text):
                self._runs[run.end() - run.start()].append(run.start())
        starts = self._runs.get(end - start, [])
        following = bisect_right(starts, start)
        if following == len(starts) or _PARAGRAPH_END.search(self._text, end, starts[following]):
            return -1
        return starts[following] + end - start

    def _markup_end(self, written: str, start: int, end: int) -> tuple[int, str | None]:
        """End of a comment, or of an element without Markdown inside."""
        if written == "<!--":
            closed = self._ends.after("-->", end)
        elif written[1:] in _RAW_ELEMENTS and _LEAD.fullmatch(self._text, self._line_start(start), start):
            closed = self._ends.after(f"</{written[1:]}", end)
        else:
            return -1, None
        # Never closed: the rest of the article is none of it.
        return (closed, None) if closed >= 0 else (start + 1, "&lt;")

    def _verbatim(self, token: re.Match[str]) -> tuple[int, str | None]:
        """End of a template tag with code inside, and the code as a fence or a span."""
        name = token["tag"] or token["shortcode"]
        dash = r"[ \t]*-?" if token["tag"] else r"[ \t]*"
        opening, closing = (r"\{%-?", f"{dash}%}}") if token["tag"] else (r"\{\{[<%]", rf"{dash}[>%]\}}\}}")
        ending = re.compile(rf"{opening}[ \t]*(?:end|/){name}{closing}")
        found = None if name in self._never_ended else ending.search(self._text, token.end())
        if not found:
            self._never_ended.add(name)
            return token.end(), ""
        content = self._text[token.end() : found.start()]
        if name in ("raw", "verbatim"):
            return found.end(), content
        longest = max(map(len, re.findall("`+", content)), default=0)
        if "\n" not in content:
            ticks = "`" * (longest + 1)
            return found.end(), f"{ticks} {content} {ticks}"
        ticks = "`" * max(3, longest + 1)
        code = content.strip("\n")
        return found.end(), f"\n\n{arguments(token[0])}\n\n{ticks}\n{code}\n{ticks}\n\n"

    def _math_end(self, marks: str, start: int, end: int) -> int:
        text = self._text
        if marks == "$":
            found = _INLINE_MATH.match(text, start)
            return found.end() if found else -1
        closed = text.find("$$", end, end + _MAX_MATH)
        return closed + 2 if closed > end and "\n\n" not in text[end:closed].strip() else -1
