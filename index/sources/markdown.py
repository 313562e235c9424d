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

from index.sources.extract import UNSHOWABLE
from index.sources.unwrap import break_lines

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
)
# Where something may stand that is no prose, and what has to be looked at for it.
_TOKEN = re.compile(
    r"""(?P<fence>^(?P<lead>(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*)(?P<marks>`{3,}(?=[^`\n]*$)|~{3,}))
    | (?P<ticks>`+)
    | (?P<comment><!--)
    | (?P<element>^[ ]{0,3}<(?P<name>script|style|pre|textarea)(?![\w-]))
    | (?P<verbatim>\{%-?[ \t]*(?P<tag>raw|codeblock|code|highlight|verbatim)\b[^%\n]*%\}
                 | \{\{[<%][ \t]*(?P<shortcode>highlight|code)\b[^\n]*?[>%]\}\})
    | (?P<math>\$\$?)
    | \\[^\n]""",
    re.MULTILINE | re.VERBOSE | re.IGNORECASE,
)
_INLINE_MATH = re.compile(r"\$(?=[^\s$])(?:\\.|[^$\\\n`]){1,500}(?<=\S)\$(?![\d$])")
_MAX_MATH = 4000
# A code span ends before these.
_PARAGRAPH_END = re.compile(r"\n[ \t>]*(?:\n|```|~~~|\Z)")
_OUTSIDE_QUOTE = re.compile(r"^(?![ \t]*>)", re.MULTILINE)
_CODE_KEPT = re.compile(r"\x01(\d+)\x02")
_MATH_KEPT = re.compile(r"(?:\x03|%03)(\d+)(?:\x04|%04)")

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ALONE = r"^(?P<lead>[ \t>]*)"
# {% note info 标题 %} and {{< figure title="图" >}}, alone on a line or within one.
_TEMPLATE = re.compile(
    r"\{%-?(?:(?!%\}).){0,2000}?-?%\}|\{\{[<%](?:(?![>%]\}\}).){0,2000}?[>%]\}\}", re.DOTALL
)
_TEMPLATE_LINE = re.compile(
    rf"{_ALONE}(?P<tags>(?:(?:\{{%-?(?:(?!%\}}).){{0,2000}}?-?%\}}"
    rf"|\{{\{{[<%](?:(?![>%]\}}\}}).){{0,2000}}?[>%]\}}\}})[ \t]*)+)$",
    re.MULTILINE | re.DOTALL,
)
_LIQUID = re.compile(
    r"\{\{-?[ \t]*(?:(?:site|page|post|layout|include|theme|config)\."
    r"|[^{}\n]*\|[ \t]*(?:relative|absolute)_url)[^{}\n]*\}\}"
)
_ARGUMENT = re.compile(r"""(?:[\w-]+=)?(?:"([^"]*)"|'([^']*)')|([^\s,@"']+)""")
_FILE = re.compile(r"/|\.\w{2,5}\Z")
_CONTAINER = re.compile(rf"{_ALONE}:{{3,}}(?P<info>[^\n]*)$", re.MULTILINE)
_CONTAINER_INFO = re.compile(r"[ \t]*(?:[\w+-]+(?:#[\w-]+)?(?=[\s\[{]|$))?(?P<rest>[^\n]*)", re.ASCII)
_ATTRIBUTES = re.compile(r"\{[^{}\n]*\}")
_CALLOUT = re.compile(
    r"^(?P<lead>[ \t]*(?:>[ \t]*)+)\[!(?P<kind>[\w-]+)(?:\|[^\]\n]*)?\][+-]?[ \t]*(?P<title>[^\n]*)$",
    re.MULTILINE,
)
_CONTENTS = re.compile(r"^[ \t]*(?:\[\[toc\]\]|@?\[toc\](?:\([^)\n]*\))?|\{:[^}\n]*\})[ \t]*$", re.I | re.M)
_EMBED = re.compile(r"!\[\[[^\[\]\n]{1,500}\]\]")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{0,500}?\\?\|)?#?([^\[\]|\n]{1,500})\]\]")
_HIGHLIGHT = re.compile(
    r"(?<![=!<>A-Za-z0-9_)\]])==(?=[^\s=])([^=\n]{1,1000}?)(?<=[^\s=])==(?![=A-Za-z0-9_(])"
)
_BLOCK_ID = re.compile(r"(?<=[ \t])\^[\w-]+[ \t]*$", re.MULTILINE)
_INLINE_ATTRIBUTES = re.compile(r"\{:[ .#:][^{}\n]*\}")
# **“引用”**后 is bold on pages of people who write Chinese, and not by CommonMark's rule of flanking.
_PUNCTUATION = (
    r"!-/:-@\[-`{-~\u2010-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u3011\u3014-\u301f"
    r"\uff01-\uff0f\uff1a-\uff20"
)
_EMPHASIS = re.compile(
    r"(?<![*\\])(?P<marks>\*{1,3})(?![*\s])(?P<inner>(?:[^*\n\\]|\\.){1,1000}?)(?<![\s\\])(?P=marks)(?!\*)"
)
_TILDE = re.compile(r"(?<![~\\])~(?!~)")
_NEEDS_WORK = re.compile(
    r"\{%|\{\{|\{:|:::|\[\[|\[!|==|\$|<!--|~|\^|\*|<(?:script|style|pre|textarea)|\[toc\]", re.I
)

# MDX: imports and exports, comments, components.
_MODULE_LINE = re.compile(
    r"""^(?:import[ \t]+(?:[^\n]*?[ \t{},*])?(?:from[ \t]*)?["'][^"'\n]+["'];?[ \t]*$
      | import[ \t]*\{[^}]*\}[ \t]*from[ \t]*["'][^"'\n]+["'];?[ \t]*$
      | export[ \t]+(?:default|const|let|var|function|class|async|\{|\*)(?:[^\n]+\n?)+)""",
    re.MULTILINE | re.VERBOSE,
)
_JSX_COMMENT = re.compile(r"\{/\*.*?\*/\}", re.DOTALL)
_COMPONENT = r"</?(?:[A-Z][\w.]*)?(?:\s(?:[^<>{}\"']|\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\})*)?/?>"
_COMPONENT_LINE = re.compile(rf"^[ \t]*(?:{_COMPONENT}[ \t]*)+$", re.MULTILINE)
_ANY_COMPONENT = re.compile(_COMPONENT)


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
    """Whether a text in a Markdown file is HTML: one that begins with a block, and has all in blocks."""
    if not _BEGINS_AS_HTML.match(text):
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
    math: list[str] = []
    if mdx or _NEEDS_WORK.search(text):
        prose, code, math = _set_aside(text)
        if mdx:
            prose = _without_components(prose)
        prose = _plain(prose)
        text = _CODE_KEPT.sub(lambda found: code[int(found[1])], prose)
    html = _CHECKBOX.sub(" ", pyromark.html(text, options=_OPTIONS))
    html = break_lines(html)
    if math:
        html = _MATH_KEPT.sub(lambda found: escape(math[int(found[1])]), html)
    if "&#" in text:  # may name characters that the text itself must not have
        html = UNSHOWABLE.sub("", html)
    return html


def _set_aside(text: str) -> tuple[str, list[str], list[str]]:
    """The text with numbers in place of code, comments and math; the code; the math."""
    code: list[str] = []
    math: list[str] = []
    parts: list[str] = []
    runs = _Runs(text)
    position = done = 0
    while token := _TOKEN.search(text, position):
        position = token.end()
        start, end, written = token.start(), -1, None
        if token["fence"]:
            start, end = token.start("marks"), _fence_end(text, token)
        elif token["ticks"]:
            end = runs.closing(token.start(), token.end())
        elif token["comment"] or token["element"]:
            closing = "-->" if token["comment"] else f"</{token['name']}"
            end = _end_of(text, closing, token.end())
            if end < 0:  # never closed: the rest of the article is no comment
                start = text.index("<", token.start())
                end, written = start + 1, "&lt;"
        elif token["verbatim"]:
            end, written = _verbatim(text, token)
        elif token["math"]:
            end = _math_end(text, token)
            if end >= 0:
                parts += (text[done:start], f"\x03{len(math)}\x04")
                math.append(text[start:end])
                position = done = end
            continue
        if end >= 0:
            parts += (text[done:start], f"\x01{len(code)}\x02")
            code.append(text[start:end] if written is None else written)
            position = done = end
    return "".join(parts) + text[done:], code, math


def _fence_end(text: str, token: re.Match[str]) -> int:
    marks = token["marks"]
    limit = len(text)
    if ">" in token["lead"] and (outside := _OUTSIDE_QUOTE.search(text, token.end())):
        limit = outside.start()
    closing = re.compile(rf"^[ \t>]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*$", re.MULTILINE)
    found = closing.search(text, token.end(), limit)
    return found.end() if found else limit


class _Runs:
    """The runs of backticks of a text: where a code span ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: dict[int, list[int]] | None = None

    def closing(self, start: int, end: int) -> int:
        """The end of the code span that begins with the run from `start` to `end`; -1 if it is none."""
        if self._starts is None:
            self._starts = defaultdict(list)
            for run in re.finditer("`+", self._text):
                self._starts[run.end() - run.start()].append(run.start())
        starts = self._starts.get(end - start, [])
        following = bisect_right(starts, start)
        if following == len(starts) or _PARAGRAPH_END.search(self._text, end, starts[following]):
            return -1
        return starts[following] + end - start


def _end_of(text: str, closing: str, position: int) -> int:
    found = re.compile(re.escape(closing), re.IGNORECASE).search(text, position)
    return found.end() if found else -1


def _verbatim(text: str, token: re.Match[str]) -> tuple[int, str | None]:
    """The end of a template tag whose content is code, and the code as a fence or a span."""
    name = token["tag"] or token["shortcode"]
    closing = re.compile(
        rf"\{{%-?[ \t]*end{name}[ \t]*-?%\}}"
        if token["tag"]
        else rf"\{{\{{[<%][ \t]*/{name}[ \t]*[>%]\}}\}}",
        re.IGNORECASE,
    ).search(text, token.end())
    if not closing:
        return token.end(), ""
    content = text[token.end() : closing.start()]
    if name.lower() in ("raw", "verbatim"):
        return closing.end(), content
    if "\n" not in content:
        ticks = "`" * (1 + max(map(len, re.findall("`+", content)), default=0))
        return closing.end(), f"{ticks} {content} {ticks}"
    ticks = "`" * (1 + max(2, *map(len, re.findall("`+", content)), 2))
    return closing.end(), f"\n\n{ticks}\n{content.strip(chr(10))}\n{ticks}\n\n"


def _math_end(text: str, token: re.Match[str]) -> int:
    if token["math"] == "$$":
        end = text.find("$$", token.end(), token.end() + _MAX_MATH)
        return end + 2 if end > token.end() and "\n\n" not in text[token.end() : end].strip() else -1
    found = _INLINE_MATH.match(text, token.start())
    return found.end() if found else -1


def _plain(text: str) -> str:
    """Markdown without the marks that generators add to it."""
    if "{" in text:
        text = _TEMPLATE_LINE.sub(_template_line, text)
        text = _TEMPLATE.sub(lambda found: _arguments(found[0]), text)
        text = _LIQUID.sub("", text)
    if ":::" in text:
        text = _CONTAINER.sub(_container_line, text)
    if "[" in text or "{:" in text:
        text = _CONTENTS.sub("", text)
        text = _CALLOUT.sub(lambda found: f"{found['lead']}{found['title']}\n{found['lead']}", text)
        text = _EMBED.sub("", text)
        text = _WIKI_LINK.sub(r"\1", text)
        text = _INLINE_ATTRIBUTES.sub("", text)
    if "==" in text:
        text = _HIGHLIGHT.sub(r"\1", text)
    if "^" in text:
        text = _BLOCK_ID.sub("", text)
    if "*" in text:
        text = _EMPHASIS.sub(_emphasis, text)
    return _TILDE.sub(r"\\~", text)


def _template_line(found: re.Match[str]) -> str:
    said = " ".join(filter(None, map(_arguments, _TEMPLATE.findall(found["tags"]))))
    return f"{found['lead']}\n{found['lead']}{said}\n{found['lead']}" if said else found["lead"]


def _arguments(tag: str) -> str:
    """What a template tag shows: those of its arguments that are Chinese, and not the name of a file."""
    arguments = ("".join(argument) for argument in _ARGUMENT.findall(tag.strip("{}<>%-/ ")))
    return " ".join(text for text in arguments if _HAN.search(text) and not _FILE.search(text))


def _container_line(found: re.Match[str]) -> str:
    info = _CONTAINER_INFO.match(found["info"])
    assert info is not None
    title = _ATTRIBUTES.sub("", info["rest"]).strip(" \t[]")
    lead = found["lead"]
    return f"{lead}\n{lead}{title}\n{lead}" if title else lead


def _emphasis(found: re.Match[str]) -> str:
    """Emphasis as elements, where punctuation stands inside its marks and a letter outside."""
    text = found.string
    inner = found["inner"]
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    opens = not re.match(f"[{_PUNCTUATION}]", inner) or not _is_letter(before)
    closes = not re.search(f"[{_PUNCTUATION}]\\Z", inner) or not _is_letter(after)
    if opens and closes:
        return found[0]
    element = {1: "em", 2: "strong", 3: "strong"}[len(found["marks"])]
    return f"<{element}>{inner}</{element}>"


def _is_letter(character: str) -> bool:
    return character != "" and not re.match(rf"[\s{_PUNCTUATION}]", character)


def _without_components(text: str) -> str:
    text = _MODULE_LINE.sub("", text)
    text = _JSX_COMMENT.sub("", text)
    text = _COMPONENT_LINE.sub(_component_line, text)
    return _ANY_COMPONENT.sub(lambda found: _arguments(found[0]), text)


def _component_line(found: re.Match[str]) -> str:
    said = " ".join(filter(None, map(_arguments, _ANY_COMPONENT.findall(found[0]))))
    return f"\n{said}\n"
