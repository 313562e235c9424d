"""Reference of `index.sources.extract.extract`: the same builder, over a tree of BeautifulSoup on lxml."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString, PreformattedString

from index.sources.extract import Extracted, TextBuilder


def extract_with_beautifulsoup(html: str) -> Extracted:
    """The text of an HTML body."""
    builder = TextBuilder()
    builder.begin(html)
    # Neither recursion nor `descendants`: markup may be nested deeper than Python's stack, and the
    # end of an element has to be told, too.
    stack: list[tuple[Tag, int]] = [(BeautifulSoup(html, "lxml", multi_valued_attributes=None), 0)]
    while stack:
        tag, position = stack.pop()
        if position == len(tag.contents):
            if stack:
                builder.end(tag.name)
            continue
        stack.append((tag, position + 1))
        child = tag.contents[position]
        if isinstance(child, Tag):
            builder.start(child.name, {k: str(v) for k, v in child.attrs.items()})
            stack.append((child, 0))
        elif isinstance(child, CData) or not isinstance(child, PreformattedString):
            assert isinstance(child, NavigableString)
            builder.data(str(child))
    return builder.close()
