"""References to articles: GB/T 7714, BibTeX and RIS.

Whatever a title holds stays inside its field: a field is one line, and no brace is left that BibTeX would
count (it counts escaped ones, too).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from urllib.parse import quote

from index.analysis.document import author_names
from index.article import Article, local
from search.serialize import article_url, web_address

RIS = "application/x-research-info-systems; charset=utf-8"
BIBTEX = "application/x-bibtex; charset=utf-8"
# Authors that GB/T 7714 names; of more, the first ones.
_NAMED = 3
# Of an article without a title, so many characters of its text stand for one.
_TITLE = 40
# Controls, and what is no character.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
# What an address can't have in TeX, in a line, or at all (RFC 3986).
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\"<>\\^`{|}]")
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "#$%&_"},
}


@dataclass(frozen=True, slots=True)
class Reference:
    """What a reference names; each text is one line. `address` is where the article was published, or its
    page here; `day` is in the index's time zone."""

    key: str
    title: str
    authors: tuple[str, ...]
    day: date | None
    address: str
    keywords: tuple[str, ...]

    @property
    def language(self) -> str:
        """The tag of the title's language, as far as its characters tell."""
        return "zh" if _HAN.search(self.title) else ""


def today(zone: tzinfo) -> date:
    """The day on which an article is looked up, in a time zone."""
    return datetime.now(zone).date()


def reference(article: Article, zone: tzinfo, site: str) -> Reference:
    """The reference to an article on a site: its address without the slash at its end."""
    address = web_address(article.url.strip()) or site + article_url(article.id)
    return Reference(
        key=article.id if _KEY.fullmatch(article.id) else _digest(article.id),
        title=_line(article.title) or _line(article.text[:_TITLE]),
        authors=tuple(filter(None, map(_line, author_names(article.author)))),
        day=None if article.date is None else local(article.date, zone).date(),
        address=_UNSAFE.sub(lambda found: quote(found[0].encode("utf-8", "replace")), address),
        keywords=tuple(filter(None, map(_line, article.tags))),
    )


def as_gb7714(cited: Reference, read_on: date) -> str:
    """A reference to an electronic resource by GB/T 7714-2015, 4.6, without its number.

    >>> day = date(2022, 1, 4)
    >>> as_gb7714(Reference("a", "题", ("李墨轩",), day, "https://a.example/", ()), date(2026, 1, 2))
    '李墨轩. 题[EB/OL]. (2022-01-04)[2026-01-02]. https://a.example/.'
    """
    names = ", ".join(cited.authors[:_NAMED])
    if len(cited.authors) > _NAMED:
        names += ", 等" if cited.language else ", et al"
    head = f"{names}. " if names else ""
    published = f"({cited.day.isoformat()})" if cited.day else ""
    return f"{head}{cited.title}[EB/OL]. {published}[{read_on.isoformat()}]. {cited.address}."


def as_bibtex(cited: Reference, read_on: date) -> str:
    """An entry of the type `online` (biblatex; programs for BibTeX take it for `misc`)."""
    fields = {
        "title": f"{{{_tex(cited.title)}}}",
        "author": " and ".join(f"{{{_tex(name)}}}" for name in cited.authors),
        "year": cited.day.isoformat()[:4] if cited.day else "",
        "date": cited.day.isoformat() if cited.day else "",
        "url": cited.address,
        "urldate": read_on.isoformat(),
        "keywords": ", ".join(map(_tex, cited.keywords)),
        "langid": "chinese" if cited.language else "",
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@online{{souwen-{cited.key},\n{lines}}}\n"


def as_ris(cited: Reference) -> str:
    """A record of the type `ELEC` (a web page), with the tags that Zotero and EndNote read."""
    fields = [
        ("TY", "ELEC"),
        ("TI", cited.title),
        *(("AU", name) for name in cited.authors),
        ("PY", cited.day.isoformat()[:4] if cited.day else ""),
        ("DA", cited.day.isoformat().replace("-", "/") if cited.day else ""),
        ("UR", cited.address),
        *(("KW", keyword) for keyword in cited.keywords),
        ("LA", cited.language),
        ("ID", cited.key),
    ]
    lines = "".join(f"{tag}  - {value}\r\n" for tag, value in fields if value)
    return f"{lines}ER  - \r\n\r\n"


def _digest(article_id: str) -> str:
    return hashlib.blake2b(article_id.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _line(text: str) -> str:
    return " ".join(_UNSHOWABLE.sub("", " ".join(text.split())).split())


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)
