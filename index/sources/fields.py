"""Fields → article: one function for the front matter of posts and the records of data files.

The values are those of `index.sources.frontmatter`: texts as they are written, lists and mappings.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import PurePosixPath
from urllib.parse import urljoin

from index.article import Article, Complaint, ProblemKind, local
from index.language import gettext_noop
from index.sources.body import first_line
from index.sources.categories import category_paths, listed_paths, tags_of
from index.sources.dates import WrittenDate, date_in_path, parse_date, without_date
from index.sources.extract import Extracted
from index.sources.field_reader import LONGEST_LINE, FieldReader
from index.sources.headings import HEAD, first_heading, title_line
from index.sources.permalinks import Facts, address_of
from index.sources.sites import Site, site_of
from index.sources.values import Values

# The names that generators and people give a field, the best first.
TITLE = "title 标题 headline og:title".split()
DATE = (
    "date published published_at publishedat published_time publishdate publish_date publish_time pubdate "
    "pubdatetime pub_date created created_at createdat create_time createtime ctime posted datetime time "
    "timestamp 日期 发布时间 发布日期"
).split()
_UPDATED = (
    "updated updated_at updatedat update_time lastmod last_modified last_modified_at last_update moddatetime "
    "modified mtime"
).split()
AUTHOR = "author authors 作者 byline creator".split()
_DESCRIPTION = "description desc summary excerpt abstract 摘要".split()
_COVER = (
    "thumbnail headimg cover image img top_img index_img banner_img banner heroimage featured_image "
    "featuredimage feature_image og_image ogimage coverimage cover_image photos images"
).split()
ADDRESS = "url link canonical canonical_url canonicalurl source".split()

_OF_ANY_LENGTH = frozenset(TITLE + _DESCRIPTION)
_WHOLE_OR_NOT = frozenset([*ADDRESS, *_COVER, "id", "permalink", "slug", "abbrlink", "path"])

_TRUE = frozenset("true yes on 1 y".split())
_FALSE = frozenset("false no off 0 n none null".split())
_FOLDER_NAMES = frozenset("index _index readme".split())


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """The rules that a run reads files by: the sites that they lie in, whether drafts are taken in, and the
    time (seconds since 1970) after which a date lies in the future."""

    sites: tuple[Site, ...] = ()
    drafts: bool = False
    now: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of an article in the archive. `path` is as in `Article.path`; `id` is used for an article
    that names none. `is_record` is set for one of several in a data file, whose name tells nothing;
    `is_exported` for values written by souwen, which are taken as they are."""

    path: str
    id: str
    is_record: bool = False
    is_exported: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """The body of an article: as HTML, with its extracted content, and its source, whose first heading may
    be the title."""

    html: str
    extracted: Extracted
    source: str = ""
    is_markdown: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """An article, or None where it is left out; and its complaints. `again` is set if the next run must
    look at the file even if unchanged, because the article waits for its date."""

    article: Article | None
    complaints: tuple[Complaint, ...]
    again: bool = False


def make_article(values: Values, body: Body, origin: Origin, zone: tzinfo, rules: ReadingRules) -> Made:
    """The article of these fields. `zone` is the time zone of dates without one."""
    fields = FieldReader(
        values, decodes=not origin.is_exported, of_any_length=_OF_ANY_LENGTH, whole=_WHOLE_OR_NOT
    )
    site = site_of(rules.sites, origin.path) if not origin.is_record else None
    date = _date(fields, origin, zone)
    is_template = site is not None and site.generator == "jekyll" and "{% for " in body.source[:HEAD]
    if is_template and "_posts" not in origin.path.split("/"):
        return Made(None, (Complaint(gettext_noop("a template of Jekyll's"), ProblemKind.LEFT_OUT),))
    if reason := _left_out(fields, origin.path, date, site, rules):
        again = reason.startswith(_FUTURE) and not rules.drafts
        return Made(None, (Complaint(reason, ProblemKind.LEFT_OUT),), again)
    title = _title(fields, body, origin)
    categories = (
        listed_paths(values) if origin.is_exported else category_paths(fields, site.generator if site else "")
    )
    url = _url(fields, site, origin.path, title, date, categories, zone)
    text, html_body = body.extracted.text, body.html
    title, rest = title[:LONGEST_LINE], title[LONGEST_LINE:]
    if rest:
        fields.complain(f"title: more than {LONGEST_LINE:,} characters; the rest of it is text")
        text = f"{rest.lstrip()}\n{text}".rstrip()
        html_body = f"<p>{html.escape(rest.lstrip(), quote=False)}</p>\n{html_body}"
    description = "" if origin.is_exported else fields.text(_DESCRIPTION)
    if description and description.lower() not in _TRUE | _FALSE and not _holds(text, description):
        text = f"{description}\n{text}".rstrip()
        html_body = f"<p>{html.escape(description, quote=False)}</p>\n{html_body}"
    if not text:
        fields.complain(gettext_noop("the body has no text"), ProblemKind.EMPTY)
    article = Article(
        id=fields.text(["id"]) if origin.is_record and fields.text(["id"]) else origin.id,
        path=origin.path,
        title=title,
        text=text,
        html=html_body,
        author=_author(fields),
        editor=fields.text(["editor"]) or body.extracted.editor[:LONGEST_LINE],
        date=None if date is None else date.seconds,
        categories=categories[0] if categories else (),
        other_categories=tuple(categories[1:]),
        tags=tags_of(fields, site.generator if site else ""),
        thumbnail=_thumbnail(fields, body, url),
        url=url,
    )
    return Made(article, tuple(fields.complaints))


# Titles


def _title(fields: FieldReader, body: Body, origin: Origin) -> str:
    """The title in the fields, the first heading, the page's own title, or the name of the file."""
    extracted = body.extracted
    title = fields.text(TITLE) or extracted.title
    title = title or first_heading(body.source, is_markdown=body.is_markdown)
    if title or origin.is_record:
        return title or first_line(extracted.text) or fields.text(["id"]) or origin.id
    path = PurePosixPath(origin.path)
    if path.suffix.lower() == ".txt" and (title := title_line(body.source[:HEAD])):
        return title
    if path.stem.lower() in _FOLDER_NAMES and len(path.parts) > 1:
        path = path.parent
        return without_date(path.name)
    return without_date(path.stem)


# Dates


def _date(fields: FieldReader, origin: Origin, zone: tzinfo) -> WrittenDate | None:
    """The date in the fields, else in the path, else the day of the last change. Records unreadable dates
    as complaints."""
    if found := _written_date(fields, DATE, zone):
        return found
    if (seconds := date_in_path(origin.path, zone)) is not None:
        return WrittenDate(seconds)
    return _written_date(fields, _UPDATED, zone)


def _written_date(fields: FieldReader, names: Sequence[str], zone: tzinfo) -> WrittenDate | None:
    for name, value in fields.named(names):
        if isinstance(value, dict):
            value = value.get("date") or value.get("created") or ""
        if not (written := fields.one(name, value)) or written.lower() in _TRUE | _FALSE or "{{" in written:
            continue
        try:
            found = parse_date(written, zone)
        except ValueError as error:
            fields.complain(f"{name}: {error}")
            continue
        if found.doubt:
            fields.complain(f"{name}: {found.doubt}", ProblemKind.GUESS)
        return found
    return None


# What is left out

_FUTURE = "dated in the future"


def _left_out(
    fields: FieldReader, path: str, date: WrittenDate | None, site: Site | None, rules: ReadingRules
) -> str:
    """The reason why an article is not for readers (draft, password …); empty if it is, or if drafts are
    indexed."""
    if rules.drafts:
        return ""
    for key, words in (
        ("draft", _TRUE),
        ("published", _FALSE),
        ("publish", _FALSE),
        ("hidden", _TRUE),
        ("private", _TRUE),
        ("unlisted", _TRUE),
        ("status", {"draft", "private"}),
    ):
        value = fields[key]
        if isinstance(value, str) and value.lower() in words:
            return f"{key}: {value.lower()}"
    if "_drafts" in path.split("/")[:-1]:
        return gettext_noop("in _drafts")
    password = fields["password"]
    if isinstance(password, str) and password and password.lower() not in _FALSE - {"0"}:
        return gettext_noop("has a password")
    is_late = date is not None and rules.now is not None and date.seconds > rules.now
    return (
        f"{_FUTURE}, which {site.generator} does not publish"
        if site and is_late and not site.shows_future
        else ""
    )


# Names


def _author(fields: FieldReader) -> str:
    for name, value in fields.named(AUTHOR):
        if texts := fields.texts(name, value):
            return ", ".join(dict.fromkeys(texts))
    source = fields.text(["source"])  # 来源：某某日报
    return source if source and not _is_address(source) else ""


# Addresses


def _url(
    fields: FieldReader,
    site: Site | None,
    path: str,
    title: str,
    date: WrittenDate | None,
    categories: Sequence[tuple[str, ...]],
    zone: tzinfo,
) -> str:
    """The public address of the page; for an article of no site, the address that it names."""
    named = [fields.one(name, value) for name, value in fields.named(ADDRESS) if name != "source"]
    source = fields.text(["source"])
    named += [source] if _is_address(source) else []
    if site is not None and site.address:
        own = next((url for url in named if _is_address(url) and url.startswith(site.address)), "")
        relative = next((url for url in named if not _is_address(url)), "")
        if address := own or address_of(
            site,
            Facts(
                path=site.inner_path(path),
                title=title,
                date=None if date is None else local(date.seconds, zone),
                categories=categories[0] if categories else (),
                slug=fields.text(["slug", "path"] if site.generator == "zola" else ["slug"]),
                permalink=fields.text(["permalink"]) or relative,
                abbrlink=fields.text(["abbrlink"]),
                id=fields.text(["id"]),
            ),
        ):
            return address
    permalink = fields.text(["permalink"])
    return next(iter(named), "") or (permalink if _is_address(permalink) else "")


def _is_address(text: str) -> bool:
    return bool(re.match(r"https?://", text))


def _thumbnail(fields: FieldReader, body: Body, url: str) -> str:
    """The picture in the fields, else the first one of the body; its address is absolute where that of the
    article is."""
    picture = next(
        (
            text
            for name, value in fields.named(_COVER)
            for text in fields.texts(name, value)
            if text.lower() not in _TRUE | _FALSE
        ),
        "",
    ) or next((image for image in body.extracted.images if not image.startswith("data:")), "")
    if picture and _is_address(url) and not re.match(r"[a-z][a-z0-9+.-]*:", picture):
        try:
            return urljoin(url, picture)
        except ValueError:
            return picture
    return picture


def _holds(text: str, part: str) -> bool:
    """True if the text contains this part, apart from white space."""
    return "".join(part.split()) in "".join(text.split())
