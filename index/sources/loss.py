"""The loss alarm: text of a source that is missing from the extracted text.

It counts the source independently of the parsers that made the text, by a few patterns that rather take
too much for markup than too little.
"""

from __future__ import annotations

import re

from index.sources.additions import without_comments
from index.sources.extract import Extracted

# The share of letters and Han characters that a text must have of those of its source.
_MIN_SHARE = 0.9
# Sources with fewer of them raise no alarm.
_MIN_LETTERS = 20
_EXCERPT = 60

_TAG = re.compile(rb"<[^<>]*>")
_TAGS = re.compile(r"<[^<>]*>|&#?\w{1,31};")
_ENDINGS = {
    "<!--": "-->",
    "<script": "</script",
    "<style": "</style",
    "<noscript": "</noscript",
    "<title": "</title",
}
_MARKDOWN_MARKUP = re.compile(
    r"""data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=]*            # pictures, of any size
      | ```[^\n]* | ~~~[^\n]* | :::[^\n]*              # fences and containers
      | !\[[^\[\]\n]{0,500}\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,500}\]|\])     # images
      | \]\([^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)       # where links lead
      | \](?:\[[^\[\]\n]{0,500}\]|:[^\n]*)                   # labels and definitions of links
      | \[![\w-]{1,100}\]                              # callouts
      | \[\[[^\[\]|\n]{0,500}\|                           # links of wikis
      | \n[ \t]*(?:!!!|\?\?\?|===[ ]"|///)[^\n]*          # indented blocks
      | :[a-z]+-[a-z0-9-]+: | (?:(?<=\))\{|\{[ ])[^{}\n]{0,2000}\}     # icons, attributes
      | \{%[^{}]{0,2000}%\} | \{\{[^{}]{0,2000}\}\} | \{[:.\#/][^{}\n]{0,2000}\}   # templates, attributes
      | \n(?:import|export)\b(?:[^\n]+\n?)+""",
    re.VERBOSE,
)
_NO_LETTERS = re.compile(r"[\W\d_]+")


def left_out(source: str, extracted: Extracted, *, markdown: bool = False) -> str:
    """A complaint if less than 90% of the letters of a source are in its text; else empty. `source` is
    HTML, or Markdown; a title and an editor's name in it count as text."""
    text = f"{extracted.text}\n{extracted.title}\n{extracted.editor}"
    found = _size(text) + extracted.unmissed
    if _is_enough(_largest_size(source), found):
        return ""
    if markdown:
        source = _MARKDOWN_MARKUP.sub(" ", f"\n{without_comments(source)}")
    source = _TAGS.sub("\n", _without_hidden(source))
    if _is_enough(_size(source), found):
        return ""
    letters, kept = _letters(source), _letters(text) + extracted.unmissed
    if letters < _MIN_LETTERS or kept >= letters * _MIN_SHARE:
        return ""
    excerpt = _excerpt(source, text)
    return f"only {kept * 100 // letters}% of it was read; left out: {excerpt}"


def _without_hidden(source: str) -> str:
    """The source without comments and without elements that are never text, if they are closed."""
    for opening, closing in _ENDINGS.items():
        if opening in source:
            last = source.rfind(closing)  # behind it, a search for the end would be in vain
            hidden = re.compile(f"{opening}.*?{closing}", re.DOTALL)
            source = (
                hidden.sub(" ", source[: last + len(closing)]) + source[last + len(closing) :]
                if last >= 0
                else source
            )
    return source


def _excerpt(source: str, text: str) -> str:
    """The beginning of the first line that isn't in the text, else of the source."""
    known = _NO_LETTERS.sub("", text)
    lines = [" ".join(line.split()) for line in source.split("\n")]
    missing = (line for line in lines if (letters := _NO_LETTERS.sub("", line)) and letters not in known)
    line = next(missing, next(filter(None, lines), ""))
    return line if len(line) <= _EXCERPT else line[:_EXCERPT] + "…"


def _is_enough(size: int, found: int) -> bool:
    """True if too few characters are missing to matter, even if all of them are letters and only every
    second character of the source is."""
    return size - found <= size * (1 - _MIN_SHARE) / 2


def _largest_size(source: str) -> int:
    """Upper bound of the size outside of markup, in a fifth of the time: Han characters in tags, comments,
    references and Markdown syntax count as text."""
    ascii_part = source.encode("ascii", "ignore")
    other = len(source) - len(ascii_part) - source.count("\u3000")
    return other + len(_TAG.sub(b"", ascii_part).translate(None, b" \n\t"))


def _size(text: str) -> int:
    return len(text) - sum(map(text.count, " \n\t\u3000"))


def _letters(text: str) -> int:
    return len(_NO_LETTERS.sub("", text))
