"""The text of simple, well-formed HTML without a parser: that of most articles, in a third of the time.

Simple is: known elements, closed in order, each inside one that may hold it, so that no parser closes or
opens any by itself; attributes in double quotes; a few references. One expression reads a paragraph with what
is in it. The text is that of `TextBuilder` for the events of a parser, which takes the rest.
"""

from __future__ import annotations

import re

from index.sources.extract import (
    ASIDE_CLASSES,
    EDITOR_CLASS,
    SKIPPED_CLASSES,
    Extracted,
    TextBuilder,
    keeps_breaks,
)

_REFERENCES = {
    "&nbsp;": "\xa0", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&", "&#123;": "{", "&#125;": "}",
}  # fmt: skip
_REFERENCE = re.compile("|".join(_REFERENCES))
_ATTRIBUTES = r'(?:\s++[a-zA-Z][a-zA-Z0-9-]*+="[^"<>{}]*+")*+\s*+'
_COMMENT = "<!--[^<>-]*+-->"
_INLINE = "a|b|code|del|em|font|i|s|small|span|strong|u"
_TEXT = rf"[^<&]++|{_REFERENCE.pattern}|<(?:br|img){_ATTRIBUTES}/?>|{_COMMENT}"


def _content(name: str, depth: int = 3) -> str:
    """A pattern of text and of inline elements with text, which are nested so deep at most."""
    if not depth:
        return f"(?:{_TEXT})"
    inner = rf"|<(?P<{name}{depth}>{_INLINE}){_ATTRIBUTES}>{_content(name, depth - 1)}*+</(?P={name}{depth})>"
    return f"(?:{_TEXT}{inner})"


_LEAVES = "p|h[1-6]|li|td|th|figcaption|pre"
_BOXES = "div|blockquote|section|article|figure|[uo]l|li|table|t(?:head|body|foot|r|d|h)"
_TOKEN = re.compile(
    rf"<(?P<leaf>{_LEAVES})(?P<told>{_ATTRIBUTES})>(?P<inside>{_content('in')}*+)</(?P=leaf)>\s*+"
    rf"|</(?P<end>{_BOXES})>\s*+"
    rf"|<(?P<start>{_BOXES})(?P<said>{_ATTRIBUTES})>\s*+"
    rf"|(?P<comment>{_COMMENT}\s*+)"
    rf"|(?P<rule><hr{_ATTRIBUTES}/?>\s*+)"
    r"|(?P<style><style>[^<]*+</style>\s*+)"
    rf"|(?P<loose>{_content('on')}++)"
    r"|(?P<other>.)"
)
_BREAK = re.compile(rf"<br{_ATTRIBUTES}/?>")
_PICTURE = re.compile(rf"<img({_ATTRIBUTES})/?>")
_TAG = re.compile("<[^<>]*>")
_SOURCE, _CLASS = (re.compile(rf'\s{name}="([^"]*)"', re.IGNORECASE) for name in ("src", "class"))
_SPECIAL = SKIPPED_CLASSES | ASIDE_CLASSES | {EDITOR_CLASS}
# What each element may stand in; "" is outside of all.
_FLOW = frozenset("div blockquote section article figure li td th".split())
_OUTER = _FLOW | {""}
_HOLDERS = {
    "li": frozenset(["ul", "ol"]),
    **dict.fromkeys(["thead", "tbody", "tfoot"], frozenset(["table"])),
    "tr": frozenset(["table", "thead", "tbody", "tfoot"]),
    **dict.fromkeys(["td", "th"], frozenset(["tr"])),
}


class _ComplexMarkupError(Exception):
    """What is to be read takes a parser."""


def extract_simple(html: str) -> Extracted | None:
    """The text of an HTML body as `extract` gives it; None where that takes a parser."""
    if keeps_breaks(html) or "\r" in html:
        return None
    try:
        return _Reader(html).read()
    except _ComplexMarkupError:
        return None


class _Reader:
    """Reads one text, token by token."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._builder = TextBuilder()
        self._builder.begin(html)
        self._is_special = _has_special(html)
        self._opened = [""]
        self._skipped = 0  # number of elements that are open around one whose text is none

    def read(self) -> Extracted:
        builder, opened = self._builder, self._opened
        is_within_line = False
        for found in _TOKEN.finditer(self._html):
            kind = found.lastgroup
            if is_within_line and kind != "comment":
                if kind == "style":
                    raise _ComplexMarkupError
                builder.end_line()
                is_within_line = False
            if kind == "inside":
                name, attributes, inside = found.group("leaf", "told", "inside")
                if opened[-1] not in _HOLDERS.get(name, _OUTER):
                    raise _ComplexMarkupError
                if self._skipped:
                    pass
                elif "<" in inside or attributes or name == "pre":
                    self._leaf(name, attributes, inside)
                elif line := " ".join(_resolved(inside).split()):
                    builder.add_line(line)
            elif kind == "loose":
                self._loose(found["loose"])
                is_within_line = True
            elif kind == "said":
                self._start(*found.group("start", "said"))
            elif kind == "end":
                if opened.pop() != found["end"]:
                    raise _ComplexMarkupError
                self._skipped = self._skipped if len(opened) > self._skipped else 0
            elif kind == "other" or (kind != "comment" and opened[-1] not in _OUTER):
                raise _ComplexMarkupError
        if len(opened) > 1:
            raise _ComplexMarkupError
        return builder.close()

    def _leaf(self, name: str, attributes: str, inside: str) -> None:
        """An element with text and inline elements only."""
        builder = self._builder
        classes = self._classes(attributes) if self._is_special else ()
        if name == "pre" or classes:
            if "<br" in inside:
                raise _ComplexMarkupError
            builder.start(name, {"class": " ".join(classes)})
            self._text(inside)
            builder.end(name)
        else:
            self._text(inside)
            builder.end_line()

    def _loose(self, inside: str) -> None:
        """Text and inline elements among others."""
        if self._opened[-1] in _FLOW:
            if not self._skipped:
                self._text(inside)
        elif not inside.isspace():
            raise _ComplexMarkupError

    def _start(self, name: str, attributes: str) -> None:
        """The start of an element that may hold others."""
        opened = self._opened
        if opened[-1] not in _HOLDERS.get(name, _OUTER):
            raise _ComplexMarkupError
        if self._is_special and not self._skipped and (classes := self._classes(attributes)):
            if EDITOR_CLASS in classes:
                raise _ComplexMarkupError
            self._skipped = len(opened)
        opened.append(name)

    def _text(self, inside: str) -> None:
        """Text and inline elements, to the line that has begun."""
        builder = self._builder
        if "<" not in inside:
            builder.data(_resolved(inside))
            return
        if self._is_special and _has_special(inside):
            raise _ComplexMarkupError
        for attributes in _PICTURE.findall(inside) if "<img" in inside else ():
            builder.start("img", {"src": _value(_SOURCE, attributes)})
        for number, line in enumerate(_BREAK.split(inside) if "<br" in inside else (inside,)):
            if number:
                builder.end_line()
            builder.data(_resolved(_TAG.sub("", line)))

    def _classes(self, attributes: str) -> frozenset[str]:
        """The classes that decide what an element is."""
        return _SPECIAL.intersection(_value(_CLASS, attributes).split())


def _has_special(html: str) -> bool:
    return any(name in html for name in _SPECIAL)


def _value(pattern: re.Pattern[str], attributes: str) -> str:
    """The value of an attribute; empty for none."""
    values = pattern.findall(attributes)
    if len(values) > 1 or (values and _REFERENCE.sub("", values[0]).count("&")):
        raise _ComplexMarkupError
    return _resolved(values[0]) if values else ""


def _resolved(text: str) -> str:
    """The text with the characters that its references name."""
    return _REFERENCE.sub(lambda found: _REFERENCES[found[0]], text) if "&" in text else text
