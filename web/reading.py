"""The body of an article, made safe and readable, with the query's hits highlighted.

    stored html → tree → written again: without boilerplate, hits highlighted → sanitised

Hits have the ids `h1`, `h2` …. Paragraphs have a link to themselves in front (`p1`, `p2` …); their number is
that of the line in `Article.text`. Of the cells of a table's row, the first has one.

Sanitising comes last, so that no step before it has to be trusted. The tables of `sources/extract.py`
define boilerplate: the text that is shown is the text that is searched. The tree is read once, from its
first node to its last, and never changed: time grows linearly with the length of an article, whatever its
markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urljoin

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString, PreformattedString
from markupsafe import Markup

from index.article import Article
from index.sources.extract import (
    ASIDE_CLASSES,
    BLOCK_TAGS,
    BOILERPLATE_LINES,
    EDITOR_CLASS,
    EDITOR_LINE,
    PAGE_TAGS,
    READING_TAGS,
    SCRIPT_TAGS,
    SKIPPED_CLASSES,
    SKIPPED_TAGS,
    UNSHOWABLE,
    VOID_TAGS,
    is_whole_page,
    keeps_breaks,
)
from search.planning.plan import HighlightTerm
from search.snippets import Highlighter
from web.language import _

# Ids that a reading view has: of highlights and of paragraphs.
_ANCHOR = re.compile(r"[hp][1-9][0-9]*")
# The class of links in front of paragraphs.
_PARAGRAPH = "para"
# The class of highlights that continue a hit which began in another element.
_GOES_ON = "on"

_TAGS = frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span "
    "strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
# Attributes that only the writer below gives.
_OWN_ATTRIBUTES = {
    "mark": {"id", "class"},
    "a": {"id", "class", "tabindex", "aria-hidden"},
    "span": {"id"},
}
_FOLLOWED = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_SANITISER = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={
        tag: _ATTRIBUTES.get(tag, set()) | _OWN_ATTRIBUTES.get(tag, set())
        for tag in _ATTRIBUTES.keys() | _OWN_ATTRIBUTES.keys()
    },
    attribute_filter=lambda _, name, value: _checked(name, value),
    set_tag_attribute_values={
        "img": {"loading": "lazy", "referrerpolicy": "no-referrer"},
        # May be wider than the page: keys must be able to scroll them.
        "pre": {"tabindex": "0"},
        "table": {"tabindex": "0"},
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="pass_through",  # `_checked` lets none through but paragraphs
    link_rel="noopener noreferrer nofollow ugc",
)
# Where a text belongs that is in the line of the search, and not shown.
_NOWHERE = -1
# Cells of a table. All of a row have one number.
_CELLS = frozenset(["td", "th"])
# The page has its own <h1>; scraped pages use other names for the same things.
_RENAMED = {"h1": "h2", "tt": "code", "strike": "s", "big": "span", "font": "span"}
# Elements inside one another; deeper ones are written without their tags. The sanitiser's time grows
# with the square of the depth.
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """A body as safe HTML with `<mark>` around its hits (ids `h1`, `h2` …), and their number."""

    html: Markup
    hits: int = 0


def reading_view(
    article: Article, highlight_terms: Sequence[HighlightTerm] = (), *, pictures: bool = True
) -> Reading:
    """The body of an article, with the hits of highlight terms. Without `pictures`, links replace them."""
    html = article.html.strip()
    if not html:
        return Reading(Markup(""))
    writer = _Writer(
        highlight_terms,
        base=article.url,
        keep_breaks=keeps_breaks(html),
        whole_page=is_whole_page(html),
        pictures=pictures,
    )
    # Not recursively: markup may be nested deeper than Python's stack.
    stack: list[tuple[Tag, int]] = [(BeautifulSoup(html, "lxml", multi_valued_attributes=None), 0)]
    while stack:
        tag, position = stack.pop()
        if position == len(tag.contents):
            if stack:
                writer.end(tag.name)
            continue
        stack.append((tag, position + 1))
        child = tag.contents[position]
        if isinstance(child, Tag):
            if writer.start(child):
                stack.append((child, 0))
        elif isinstance(child, CData) or not isinstance(child, PreformattedString):
            assert isinstance(child, NavigableString)
            writer.text(str(child))
    return Reading(Markup(_SANITISER.clean(writer.close())), writer.hits)  # sanitised


class _Writer:
    """Takes the elements and texts of a body in order, and writes them as HTML.

    The text between two beginnings or ends of blocks is a line, as in `sources/extract.py`. It is held
    back until the line is complete: only then it is known whether it is boilerplate, and where its hits
    are, even where tags stand inside them.
    """

    def __init__(
        self,
        highlight_terms: Sequence[HighlightTerm],
        *,
        base: str,
        keep_breaks: bool,
        whole_page: bool,
        pictures: bool,
    ) -> None:
        self.hits = 0
        self._highlighter = Highlighter(highlight_terms)
        self._base = base
        self._keep_breaks = keep_breaks
        self._pictures = pictures
        self._skipped = SKIPPED_TAGS | PAGE_TAGS if whole_page else SKIPPED_TAGS
        self._parts: list[str] = []
        self._line: list[tuple[int, str]] = []  # index into `_parts` of a text, and the text
        self._open: list[str] = []  # what closes each open element
        self._depth = 0
        self._pre_depth = 0
        self._paragraph = 0  # the number of the last one
        self._link_depth = 0
        self._row_has_start = False  # a line of the table's row has had its link
        self._cell_depth = 0
        self._has_reading = False  # of the line's characters: the next line of the text
        self._aside_depth = 0  # of the elements whose text is none of the line's
        self._ruby_depth = 0
        self._at_script = False
        self._begin_line()

    def start(self, tag: Tag) -> bool:
        """Begins an element; returns True if its content is part of the article."""
        classes = str(tag.get("class", "")).split()
        if tag.name in self._skipped and tag.name in VOID_TAGS:  # the parser puts what follows it inside
            self._open.append("")
            return True
        if tag.name in self._skipped or EDITOR_CLASS in classes or not SKIPPED_CLASSES.isdisjoint(classes):
            return False
        is_reading = self._ruby_depth > 0 and tag.name in READING_TAGS
        self._has_reading |= is_reading
        if self._aside_depth or is_reading or not ASIDE_CLASSES.isdisjoint(classes):
            self._aside_depth += 1
        self._ruby_depth += tag.name == "ruby"
        self._at_script |= tag.name in SCRIPT_TAGS
        if tag.name in BLOCK_TAGS:
            self._finish_line()
        self._pre_depth += tag.name == "pre"
        self._link_depth += tag.name == "a"
        self._cell_depth += tag.name in _CELLS
        self._row_has_start &= tag.name != "tr"
        self._open_element(tag)
        if tag.name in BLOCK_TAGS:
            self._begin_line()
        return True

    def _open_element(self, tag: Tag) -> None:
        name = _written_name(tag.name)
        attributes = self._attributes(tag)
        if not name or self._depth == _MAX_DEPTH or (name == "img" and "src" not in attributes):
            self._open.append("")
            return
        if name == "img" and not self._pictures:
            label = attributes.get("alt") or _("picture")
            self._parts.append(f'<a href="{escape(attributes["src"])}">[{escape(label)}]</a>')
            self._open.append("")
            return
        written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
        self._parts.append(f"<{name}{written}>")
        self._open.append("" if name in VOID_TAGS else f"</{name}>")
        self._depth += name not in VOID_TAGS

    def end(self, name: str) -> None:
        """Ends the element begun last; `name` is its name in the source."""
        if name in BLOCK_TAGS:
            self._finish_line()
        self._pre_depth -= name == "pre"
        self._link_depth -= name == "a"
        self._cell_depth -= name in _CELLS
        self._aside_depth -= self._aside_depth > 0
        self._ruby_depth -= name == "ruby"
        self._at_script |= name in SCRIPT_TAGS
        if closing := self._open.pop():
            self._parts.append(closing)
            self._depth -= 1
        if name in BLOCK_TAGS:
            self._begin_line()

    def text(self, text: str) -> None:
        """Adds text to the element begun last."""
        text = UNSHOWABLE.sub("", text)  # a reference such as &#1; may name what the source must not have
        if self._aside_depth:
            self._parts.append(escape(text, quote=False))
            return
        if self._at_script and text:
            self._at_script = False
            if text[0].isdecimal() and self._line and self._line[-1][1][-1:].isdecimal():
                self._line.append((_NOWHERE, " "))
        first, *rest = text.split("\n") if self._keep_breaks else [text]
        self._add(first)
        for line in rest:
            self._finish_line()
            self._parts.append("<br>")
            self._begin_line()
            self._add(line)

    def close(self) -> str:
        """The written HTML, not sanitised."""
        self._finish_line()
        return "".join(self._parts)

    def _add(self, text: str) -> None:
        self._line.append((len(self._parts), text))
        self._parts.append("")

    def _begin_line(self) -> None:
        self._start = len(self._parts)  # of what stands in front of the line
        self._starts_in_link = self._link_depth > 0
        self._parts.append("")

    def _number_line(self, text: str) -> None:
        """Writes the number of a paragraph in front of it. Each line of code is a line of the text."""
        number = self._paragraph + 1
        lines = text.split("\n") if self._pre_depth else [text]
        self._paragraph += sum(1 for line in lines if line.strip()) + self._has_reading
        self._has_reading = False
        if self._cell_depth and self._row_has_start:
            return
        self._row_has_start = True
        if self._starts_in_link:  # no link stands in a link
            self._parts[self._start] = f'<span id="p{number}"></span>'
        else:
            link = f'id="p{number}" class="{_PARAGRAPH}" href="#p{number}" tabindex="-1" aria-hidden="true"'
            self._parts[self._start] = f"<a {link}></a>"

    def _finish_line(self) -> None:
        if not self._line:
            return
        pieces, self._line = self._line, []
        text = "".join(piece for _, piece in pieces)
        line = " ".join(text.split())
        if line in BOILERPLATE_LINES or (len(line) < 60 and EDITOR_LINE.fullmatch(line)):
            return
        if line:
            self._number_line(text)
        if not self._pre_depth:
            text = text.replace("\n", " ")  # a line break in the source is a space
        highlights = self._highlighter.highlight(text, "body").highlights if line else ()
        left = list(reversed(highlights))
        offset = 0
        last = self.hits + len(highlights)
        for number, piece in pieces:
            highlighted = self._highlighted(piece, offset, left, last)
            if number != _NOWHERE:
                self._parts[number] = highlighted
            offset += len(piece)
        self.hits = last

    def _highlighted(self, piece: str, offset: int, left: list[tuple[int, int]], last: int) -> str:
        """A text that begins at `offset` of its line, with its share of the highlights that are `left` (the
        next one last); `last` is the number of the line's last one."""
        written: list[str] = []
        position, stop = offset, offset + len(piece)
        while left and left[-1][0] < stop:
            start, end = max(left[-1][0], offset), min(left[-1][1], stop)
            if start < end:
                if left[-1][0] < offset:
                    opening = f'<mark class="{_GOES_ON}">'
                else:
                    opening = f'<mark id="h{last - len(left) + 1}">'
                written.append(escape(piece[position - offset : start - offset], quote=False))
                written.append(f"{opening}{escape(piece[start - offset : end - offset], quote=False)}</mark>")
                position = end
            if left[-1][1] > stop:
                break
            left.pop()
        written.append(escape(piece[position - offset :], quote=False))
        return "".join(written)

    def _attributes(self, tag: Tag) -> dict[str, str]:
        allowed = _ATTRIBUTES.get(tag.name, ())
        found = {name: str(value) for name, value in tag.attrs.items() if name in allowed}
        if tag.name == "a" and "href" in found:
            found["href"] = _full_address(found["href"], self._base)
        elif tag.name == "img":
            source = _full_address(found.pop("src", ""), self._base)
            if source.lower().startswith(("http://", "https://")):
                found["src"] = source
        return found


def _written_name(name: str) -> str:
    """The element written for an element; empty where only its content is kept."""
    name = _RENAMED.get(name, name)
    if name == "mark" or name in ("html", "body"):  # highlights on the page are those of the search
        return ""
    if name in _TAGS:
        return name
    return "div" if name in BLOCK_TAGS else ""


def _full_address(address: str, base: str) -> str:
    """An absolute address, as far as the base is known."""
    address = address.strip()
    if base.lower().startswith(("http:", "https:")):
        try:
            return urljoin(base, address)
        except ValueError:  # a malformed host
            return ""
    return f"https:{address}" if address.startswith("//") else address


def _checked(name: str, value: str) -> str | None:
    """The value of an attribute; None where it isn't allowed."""
    if name in ("width", "height", "colspan", "rowspan", "start", "value"):
        is_allowed = value.isdecimal()
    elif name in ("href", "src"):
        is_allowed = bool(_FOLLOWED.match(value)) or (value[:1] == "#" and bool(_ANCHOR.fullmatch(value[1:])))
    elif name == "id":
        is_allowed = bool(_ANCHOR.fullmatch(value))
    elif name == "class":
        is_allowed = value in (_GOES_ON, _PARAGRAPH)
    else:
        is_allowed = True
    return value if is_allowed else None
