"""Escapes `<` where it is not markup: List<Object>, a<b, elements and comments that are never closed.

A parser takes any `<` before a letter for a tag, and an unclosed element such as <select> or <script> for
the rest of the article. Both are escaped before parsing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from index.sources.extract import BLOCK_TAGS, INLINE_TAGS, PAGE_TAGS, SKIPPED_TAGS, VOID_TAGS

# Elements whose content is characters up to their closing tag, not markup.
_RAW = frozenset("script style textarea title iframe noscript noembed noframes xmp plaintext".split())
# Those that pages close by what follows.
_IMPLIED_END = frozenset(["option"])
# Elements that may hold others, and whose content is skipped.
_SKIPPED = (SKIPPED_TAGS - _RAW - VOID_TAGS - _IMPLIED_END) | PAGE_TAGS
_OBSOLETE = frozenset(
    "applet bgsound blink colgroup content dir frame frameset hgroup isindex keygen listing marquee "
    "menuitem multicol nextid nobr noembed param plaintext rtc search shadow slot spacer xmp".split()
)
_MATHML = frozenset(
    "math maction menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts "
    "mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none "
    "semantics annotation annotation-xml".split()
)
_KNOWN = BLOCK_TAGS | SKIPPED_TAGS | PAGE_TAGS | INLINE_TAGS | VOID_TAGS | _RAW | _OBSOLETE | _MATHML
# These are nothing without attributes: migrate <source> is text.
_BARE_IS_TEXT = frozenset("source track param link meta base area".split())
_FREQUENT = "p br span div strong img a li td em tr code b i h2 h3".split()
_NAMES = "|".join([*_FREQUENT, *sorted(_KNOWN.difference(_FREQUENT, _BARE_IS_TEXT))])
# After the name of a tag: attributes, which don't begin with a Han character; 当 a<b 且 c>d is no tag.
_PLAIN_END = r"(?:\s*/?>|\s+[!-;=?-~][^<>]*>)"
_ATTRIBUTES = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>")
_SUSPECT = re.compile(
    r"<(?:(?P<comment>!--)|(?P<instruction>\?)|(?P<slash>/?)"
    rf"(?:(?P<name>{'|'.join(sorted(_SKIPPED | _RAW))})(?![\w:-])"
    rf"|(?!(?:{_NAMES}){_PLAIN_END}|/?(?:{'|'.join(sorted(_BARE_IS_TEXT))})[\s/])(?P<other>[a-z][\w:.-]*)))",
    re.IGNORECASE | re.ASCII,
)
# What most articles have alone: tags of known elements whose content is text, and comments.
_TAG = re.compile(r"<[^<>]*>")
_WELL_FORMED = re.compile(rf"<(?:(/?[a-z][a-z0-9]*){_PLAIN_END}|!--[^<]*?-->)")
_HARMLESS = frozenset(
    f"{slash}{name}" for name in _KNOWN - _SKIPPED - _RAW - _BARE_IS_TEXT - {"option"} for slash in ("", "/")
) | {""}
_BARE_TAGS = frozenset(f"<{name}>" for name in _HARMLESS)


def repair(html: str) -> str:
    """The HTML with `&lt;` for each `<` that begins neither a tag of HTML nor a comment that is closed."""
    tags = _TAG.findall(html)
    if len(tags) == html.count("<"):
        others = set(tags) - _BARE_TAGS
        if "<style>" in others and all(
            after == "</style>" for tag, after in pairwise([*tags, ""]) if tag == "<style>"
        ):
            others -= {"<style>", "</style>"}
        if all(map(_is_harmless, others)):
            return html
    texts: list[int] = []  # offsets of each `<` that is text
    open_tags: defaultdict[str, list[int]] = defaultdict(list)
    ends = Ends(html)
    resume = 0
    for suspect in _SUSPECT.finditer(html):
        start = suspect.start()
        if start >= resume:
            name = (suspect["name"] or "").lower()
            if suspect["comment"]:
                end = ends.after("-->", suspect.end() - 2)
                resume = max(resume, end)
                if end < 0:
                    texts.append(start)
            elif suspect["instruction"]:
                if not re.match(r"<\?xml\b[^<>]*>", html[start : start + 200]):
                    texts.append(start)
            elif suspect["other"]:
                if not _is_tag(html, suspect, ends):
                    texts.append(start)
            elif name in _RAW:
                end = ends.after(f"</{name}", suspect.end())
                if suspect["slash"]:
                    pass
                elif end < 0:
                    texts.append(start)
                else:
                    resume = end
            elif not suspect["slash"]:
                open_tags[name].append(start)
            elif open_tags[name]:
                open_tags[name].pop()
    for left in open_tags.values():
        texts += left
    return _with_text(html, sorted(texts))


def _is_harmless(tag: str) -> bool:
    found = _WELL_FORMED.fullmatch(tag)
    return found is not None and (found[1] or "") in _HARMLESS


def _with_text(html: str, texts: list[int]) -> str:
    parts: list[str] = []
    done = 0
    for start in texts:
        parts += (html[done:start], "&lt;")
        done = start + 1
    return "".join(parts) + html[done:] if texts else html


class Ends:
    """Finds ends of constructs, and remembers which do not occur in the rest of the text."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._gone: set[str] = set()

    def after(self, closing: str, position: int) -> int:
        """The offset behind the next `closing`; -1 if there is none."""
        if closing in self._gone:
            return -1
        found = re.compile(re.escape(closing), re.IGNORECASE | re.ASCII).search(self._html, position)
        if not found:
            self._gone.add(closing)
            return -1
        return found.end()


def _is_tag(html: str, suspect: re.Match[str], ends: Ends) -> bool:
    """True for an unusual form of tag: with < or > in its attributes, or a component."""
    name, position = suspect["other"], suspect.end()
    if name.lower() in _BARE_IS_TEXT:
        return suspect["slash"] != ""
    if name.lower() in _KNOWN:
        following = html[position : position + 1]
        if following.isspace() and re.match(r"\s*[^!-~\s]", html[position : position + 20]):
            return False
        return _ATTRIBUTES.match(html, position, position + 10_000) is not None
    if name[0].islower() and "-" not in name and ":" not in name:
        return False
    if suspect["slash"]:
        return True
    found = _ATTRIBUTES.match(html, position, position + 10_000)
    if not found:
        return False
    written = found[0]
    return written.endswith("/>") or "=" in written or ends.after(f"</{name}", position) >= 0
