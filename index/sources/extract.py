"""HTML body → paragraphs, editor, images.

The tables below are the rules, and a builder applies them to the events of lxml's parser, without making a
tree. `fuzz/soup.py` is the reference: the same builder over a tree of BeautifulSoup, ten times slower.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

# Elements whose content is never text of the article. (The head is none: where it has no end, libxml2
# takes an <article> or <section> that follows for a part of it.)
SKIPPED_TAGS = frozenset(
    "style script template noscript noframes iframe object embed svg canvas audio video "
    "select option button input textarea title".split()
)
# Elements around the article, skipped only in whole pages (with an <html> or a <body> element): in a
# scraped fragment they may be part of it.
PAGE_TAGS = frozenset("nav header footer aside form menu dialog".split())
# Boilerplate, by class: Sina's QR block with the app's slogan, and its inline account-opening advert.
SKIPPED_CLASSES = frozenset("appendQr_wrap app-kaihu-qr".split())
# The class of the element, and the words at the start of a line, that name the editor.
EDITOR_CLASS = "article-editor"
EDITOR_LINE = re.compile(
    r"[（(\[【]?\s*(?:责任编辑|責任編輯|责编|責編)\s*[:：]\s*(?P<name>[^\s].{0,38}?)\s*[）)\]】]?"
)
# Characters that a line with nothing else has less of.
_LONGEST_LABEL = 60
# Lines that are boilerplate wherever they stand.
BOILERPLATE_LINES = frozenset(["海量资讯、精准解读，尽在新浪财经APP"])
# What stands beside the words of an article, and no word begins or ends with it: numbers of footnotes.
ASIDE_CLASSES = frozenset("footnote-reference footnote-definition-label".split())
# How the characters of a <ruby> are read. In the text, readings follow the line.
READING_TAGS = frozenset("rt rp rtc".split())
_READING_MARKS = re.compile(r"[()\[\]（）〔〕【】]")
# Digits before, in and after these are different numbers: 10<sup>3</sup> is not 103.
SCRIPT_TAGS = frozenset("sup sub".split())
# Skipped elements whose content nobody misses: what is shown instead of them, and the frame of a page.
_UNMISSED_TAGS = PAGE_TAGS | frozenset("noscript noframes iframe object svg canvas audio video title".split())
_NO_TEXT_CLASSES = SKIPPED_CLASSES | ASIDE_CLASSES
# Elements that begin and end a line. Others are inline: 中<b>国</b> is 中国.
BLOCK_TAGS = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu "
    "nav ol p pre search section summary table tbody td tfoot th thead tr ul".split()
)
# The other elements of HTML. With none of all of these, a text has no markup: `#include <vector>`.
INLINE_TAGS = frozenset(
    "a abbr acronym area b base basefont bdi bdo big cite code data del dfn em embed font html i img ins "
    "kbd label legend link map mark meta meter output picture progress q rb rp rt ruby s samp "
    "slot small source span strike strong sub sup time track tt u var wbr".split()
)
# With none of these, line breaks in the source are the paragraphs.
_STRUCTURE = re.compile(r"<(?:p|br|li|h[1-6]|tr|blockquote|pre|article|section|dl)\b", re.IGNORECASE)
_WHOLE_PAGE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)

# Elements without content, and without a closing tag.
VOID_TAGS = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track "
    "wbr".split()
)
_SKIPPED_IN_PAGES = SKIPPED_TAGS | PAGE_TAGS
# Tags that, without attributes, say nothing but where a line begins.
_PLAIN_TAGS = (BLOCK_TAGS | INLINE_TAGS) - _SKIPPED_IN_PAGES - SCRIPT_TAGS - READING_TAGS - {"ruby", "img"}
_KNOWN_TAGS = "|".join(sorted(BLOCK_TAGS | SKIPPED_TAGS | PAGE_TAGS | INLINE_TAGS | VOID_TAGS))
_MARKUP = re.compile(rf"<!--|</?(?:{_KNOWN_TAGS})(?![^\s/>])[^<>]*>", re.IGNORECASE)
# Control characters but tab and newline, lone surrogates, byte order marks, noncharacters.
UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Extracted:
    """Content of an HTML body: paragraphs (one a line), the editor's name, image addresses in order,
    and the page's own title, if it has one. `unmissed` is the size of its boilerplate, in characters."""

    text: str
    editor: str = ""
    images: tuple[str, ...] = ()
    title: str = ""
    unmissed: int = field(default=0, compare=False, repr=False)


class TextBuilder:
    """Applies the tables above to the events of a parse, in document order. The methods are those of a
    parser target of lxml."""

    def begin(self, html: str) -> None:
        """Resets the builder for a new text."""
        self._skipped = _SKIPPED_IN_PAGES if is_whole_page(html) else SKIPPED_TAGS
        self._keep_breaks = keeps_breaks(html)
        # A reference such as &#1; may name a character that the markup itself must not have.
        self._clean = "&#" in html
        self._has_braces = "{" in html
        self._special = self._clean or self._keep_breaks
        self._lines: list[str] = []
        self._line: list[str] = []
        self._images: list[str] = []
        self._title: list[str] = []
        self._editor: list[str] = []
        self._skip_depth = 0
        self._pre_depth = 0
        self._editor_depth = 0
        self._in_title = False
        self._readings: list[str] = []
        self._ruby_depth = 0
        self._reading_depth = 0
        self._at_script = False
        self._unmissed = 0
        self._is_unmissed = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        is_open = tag not in VOID_TAGS
        if self._skip_depth:
            self._skip_depth += is_open
            return
        if tag in BLOCK_TAGS:
            if self._line:
                self.end_line()
            if tag == "pre" or self._pre_depth:
                self._pre_depth += is_open
        if not attributes and tag in _PLAIN_TAGS and not (self._editor_depth or self._reading_depth):
            return
        # {}class: lxml takes {} for a namespace.
        if self._has_braces and any(name[0] == "{" for name in attributes):
            attributes = {
                name.partition("}")[2] if name[0] == "{" else name: value
                for name, value in attributes.items()
            }
        classes = attributes["class"].split() if "class" in attributes else ()
        if tag in self._skipped or (classes and not _NO_TEXT_CLASSES.isdisjoint(classes)):
            self._skip_depth = int(is_open)
            self._in_title = tag == "title" and not self._title
            self._is_unmissed = tag in _UNMISSED_TAGS or tag not in self._skipped
        elif self._reading_depth:
            self._reading_depth += is_open
        elif self._editor_depth:
            self._editor_depth += is_open
        elif EDITOR_CLASS in classes:
            self.end_line()
            self._editor_depth = 1
        elif tag == "img" and (address := attributes.get("src", "").strip()):
            self._images.append(address)
        elif tag in SCRIPT_TAGS:
            self._at_script = True
        elif tag == "ruby":
            self._ruby_depth += 1
        elif self._ruby_depth and tag in READING_TAGS:
            self._reading_depth = 1
            self._readings.append(" ")

    def end(self, tag: str) -> None:
        if tag in VOID_TAGS:
            if tag in BLOCK_TAGS and not self._skip_depth:
                self.end_line()
            return
        if self._skip_depth:
            self._skip_depth -= 1
            self._in_title = False
            if self._skip_depth:
                return
        elif self._editor_depth:
            self._editor_depth -= 1
            if not self._editor_depth:
                self.end_line(editor=True)
        elif self._reading_depth:
            self._reading_depth -= 1
        elif tag in SCRIPT_TAGS:
            self._at_script = True
        elif tag == "ruby":
            self._ruby_depth -= self._ruby_depth > 0
        if tag in BLOCK_TAGS:
            if self._line:
                self.end_line()
            if self._pre_depth:
                self._pre_depth -= 1

    def data(self, text: str) -> None:
        if not (
            self._skip_depth or self._reading_depth or self._at_script or self._pre_depth or self._special
        ):
            self._line.append(text)
            return
        if self._clean:  # a CR is white space where a reference makes it; the parser makes LFs of others
            text = text.replace("\r", " ")
        if self._in_title:
            self._title.append(text)
        if self._skip_depth:
            if self._is_unmissed:
                self._unmissed += len("".join(text.split()))
            return
        if self._reading_depth:
            self._readings.append(text)
            return
        if self._at_script and text:
            self._at_script = False
            if text[0].isdecimal() and self._line and self._line[-1][-1:].isdecimal():
                self._line.append(" ")
        if self._pre_depth or self._keep_breaks:
            first, *rest = text.split("\n")
            self._line.append(first)
            for line in rest:
                self.end_line()
                self._line.append(line)
        else:
            self._line.append(text)

    def close(self) -> Extracted:
        self.end_line()
        title = self._one_line(self._title)
        images = tuple(self._images)
        return Extracted("\n".join(self._lines), " ".join(self._editor), images, title, self._unmissed)

    def end_line(self, *, editor: bool = False) -> None:
        """Ends the line, if one has begun; `editor` says that it names the editor."""
        if not self._line:
            return
        line = self._one_line(self._line)
        self._line.clear()
        if line:
            self.add_line(line, editor=editor)

    def add_line(self, line: str, *, editor: bool = False) -> None:
        """Adds a line, without white space around and twice in it."""
        if len(line) < _LONGEST_LABEL:
            if line in BOILERPLATE_LINES:
                self._unmissed += len(line)
                return
            if ("责" in line or "責" in line) and (named := EDITOR_LINE.fullmatch(line)):
                self._editor.append(named["name"])
                self._unmissed += len(line) - len(named["name"])
                return
        if editor or self._editor_depth:
            self._editor.append(line)
        else:
            self._lines.append(line)
        if self._readings:
            self._lines.append(" ".join(_READING_MARKS.sub(" ", self._one_line(self._readings)).split()))
            self._readings.clear()

    def _one_line(self, parts: list[str]) -> str:
        text = "".join(parts)
        return " ".join((UNSHOWABLE.sub("", text) if self._clean else text).split())


def keeps_breaks(html: str) -> bool:
    """True if the markup has no paragraphs, so that line breaks in the source separate them."""
    return not _STRUCTURE.search(html)


def is_whole_page(html: str) -> bool:
    """True for a page with a frame around the article, false for a fragment."""
    return bool(_WHOLE_PAGE.search(html))


def has_markup(text: str) -> bool:
    """True if a text has an HTML element or comment."""
    return _MARKUP.search(text) is not None


def extract(html: str) -> Extracted:
    """The text of an HTML body. Control characters and lone surrogates must be gone before.

    >>> extract('<p>中<b>国</b></p><style>p{}</style><p class="article-editor">责任编辑：王一 </p>')
    Extracted(text='中国', editor='王一', images=(), title='')
    """
    # A parser that is used again saves a quarter of the time; one that fails isn't put back.
    builder, parser = _idle.pop() if _idle else _new_parser()
    builder.begin(html)
    parser.feed(html)
    extracted: Extracted = parser.close()
    _idle.append((builder, parser))
    return extracted


_idle: list[tuple[TextBuilder, etree.HTMLParser]] = []


def _new_parser() -> tuple[TextBuilder, etree.HTMLParser]:
    builder = TextBuilder()
    return builder, etree.HTMLParser(target=builder, huge_tree=True)
