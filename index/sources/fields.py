"""Fields → article: one function for the front matter of posts and the records of data files.

The values are those of `index.sources.frontmatter`: texts as they are written, lists and mappings.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import PurePosixPath
from urllib.parse import urljoin

from index.article import Article, Complaint, ProblemKind, local
from index.sources.body import first_line, one_line
from index.sources.dates import WrittenDate, date_in_path, parse_date, without_date
from index.sources.extract import UNSHOWABLE, Extracted
from index.sources.frontmatter import Value, Values
from index.sources.headings import HEAD, first_heading, title_line
from index.sources.permalinks import Facts, address_of
from index.sources.sites import Site, site_of

# The names that generators and people give a field, the best first.
_TITLE = "title 标题 headline og:title".split()
_DATE = (
    "date published published_at publishedat published_time publishdate publish_date publish_time pubdate "
    "pubdatetime pub_date created created_at createdat create_time createtime ctime posted datetime time "
    "timestamp 日期 发布时间 发布日期"
).split()
_UPDATED = (
    "updated updated_at updatedat update_time lastmod last_modified last_modified_at last_update moddatetime "
    "modified mtime"
).split()
_AUTHOR = "author authors 作者 byline creator".split()
_CATEGORIES = "categories category 分类 columns".split()
_TAGS = "tags tag 标签 keywords keyword 关键词".split()
_DESCRIPTION = "description desc summary excerpt abstract 摘要".split()
_COVER = (
    "thumbnail headimg cover image img top_img index_img banner_img banner heroimage featured_image "
    "featuredimage feature_image og_image ogimage coverimage cover_image photos images"
).split()
_ADDRESS = "url link canonical canonical_url canonicalurl source".split()
# In a mapping where a text should be: the one that tells.
_NAMES = "name title label image src url path relative zh zh-cn cn slug".split()

# Characters of a title, and of another field of one line; what is longer was meant for something else.
_LONGEST_LINE = 1000
_OF_ANY_LENGTH = frozenset(_TITLE + _DESCRIPTION)
_WHOLE_OR_NOT = frozenset([*_ADDRESS, *_COVER, "id", "permalink", "slug", "abbrlink", "path"])

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_COMMAS = re.compile(r"[,，;；|]")
_LEVELS = re.compile(r"\s*/\s*|\s+>\s+")
_TRUE = frozenset("true yes on 1 y".split())
_FALSE = frozenset("false no off 0 n none null".split())
# Generators in which a list of categories is several, not the levels of one.
_SEVERAL = frozenset("hugo zola docusaurus vuepress vitepress mkdocs mdbook obsidian".split())
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
    """The place in the archive that an article comes from. `path` is as in `Article.path`, `id` the id of an
    article that names none; `is_record` for one of several in a file of data, whose name tells nothing.
    `is_exported`: souwen wrote the values, and they are taken as they are."""

    path: str
    id: str
    is_record: bool = False
    is_exported: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """The body of an article: as HTML, what was extracted of it, and its source, whose first heading may be
    the title."""

    html: str
    extracted: Extracted
    source: str = ""
    is_markdown: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """An article, or None where it is left out; and what was wrong with it. `again` asks to look at its file
    in the next run, however it looks: it waits for its date."""

    article: Article | None
    complaints: tuple[Complaint, ...]
    again: bool = False


def make_article(values: Values, body: Body, origin: Origin, zone: tzinfo, rules: ReadingRules) -> Made:
    """The article of these fields. `zone` is that of dates which name none."""
    fields = _Fields(values, decodes=not origin.is_exported)
    site = site_of(rules.sites, origin.path) if not origin.is_record else None
    date = _date(fields, origin, zone)
    is_template = site is not None and site.generator == "jekyll" and "{% for " in body.source[:HEAD]
    if is_template and "_posts" not in origin.path.split("/"):
        return Made(None, (Complaint("a template of Jekyll's", ProblemKind.LEFT_OUT),))
    if reason := _left_out(fields, origin.path, date, site, rules):
        again = reason.startswith(_FUTURE) and not rules.drafts
        return Made(None, (Complaint(reason, ProblemKind.LEFT_OUT),), again)
    title = _title(fields, body, origin)
    categories = (
        _listed_paths(values)
        if origin.is_exported
        else _category_paths(fields, site.generator if site else "")
    )
    url = _url(fields, site, origin.path, title, date, categories, zone)
    text, html_body = body.extracted.text, body.html
    title, rest = title[:_LONGEST_LINE], title[_LONGEST_LINE:]
    if rest:
        fields.complain(f"title: more than {_LONGEST_LINE:,} characters; the rest of it is text")
        text = f"{rest.lstrip()}\n{text}".rstrip()
        html_body = f"<p>{html.escape(rest.lstrip(), quote=False)}</p>\n{html_body}"
    description = "" if origin.is_exported else fields.text(_DESCRIPTION)
    if description and description.lower() not in _TRUE | _FALSE and not _holds(text, description):
        text = f"{description}\n{text}".rstrip()
        html_body = f"<p>{html.escape(description, quote=False)}</p>\n{html_body}"
    if not text:
        fields.complain("the body has no text", ProblemKind.EMPTY)
    article = Article(
        id=fields.text(["id"]) if origin.is_record and fields.text(["id"]) else origin.id,
        path=origin.path,
        title=title,
        text=text,
        html=html_body,
        author=_author(fields),
        editor=fields.text(["editor"]) or body.extracted.editor[:_LONGEST_LINE],
        date=None if date is None else date.seconds,
        categories=categories[0] if categories else (),
        other_categories=tuple(categories[1:]),
        tags=_tags(fields, site),
        thumbnail=_thumbnail(fields, body, url),
        url=url,
    )
    return Made(article, tuple(fields.complaints))


class _Fields:
    """The values of an article, read by the names that a field may have; notes what can't be read."""

    def __init__(self, values: Values, *, decodes: bool) -> None:
        self._values = values
        self._decodes = decodes
        self.complaints: list[Complaint] = []

    def complain(self, reason: str, kind: ProblemKind = ProblemKind.PARTIAL) -> None:
        self.complaints.append(Complaint(reason, kind))

    def __getitem__(self, key: str) -> Value:
        return self._values.get(key, "")

    def named(self, names: Iterable[str]) -> Iterator[tuple[str, Value]]:
        """The fields of these names that have a value."""
        for name in names:
            if value := self._values.get(name):
                yield name, value

    def text(self, names: Iterable[str]) -> str:
        """One line: the first of these fields that has a text."""
        return next((text for name, value in self.named(names) if (text := self.one(name, value))), "")

    def one(self, name: str, value: Value) -> str:
        """The text of a value; of a list, of the first that has one."""
        return next(iter(self.texts(name, value)), "")

    def texts(self, name: str, value: Value) -> list[str]:
        """The texts in a value, each on one line."""
        if isinstance(value, str):
            text = one_line(self._decoded(value))
            if len(text) > _LONGEST_LINE and name not in _OF_ANY_LENGTH:
                text = self._shortened(name, text)
            return [text] if text else []
        if isinstance(value, list):
            return [text for item in value for text in self.texts(name, item)]
        for key in _NAMES:
            if inner := value.get(key):
                return self.texts(name, inner)
        self.complain(f"{name}: must be text")
        return []

    def _shortened(self, name: str, text: str) -> str:
        if name in _WHOLE_OR_NOT:
            self.complain(f"{name}: {len(text):,} characters are no address or name, and it was not read")
            return ""
        self.complain(f"{name}: {len(text):,} characters, and only the first {_LONGEST_LINE:,} were read")
        return text[:_LONGEST_LINE]

    def _decoded(self, text: str) -> str:
        if self._decodes and "&" in text:
            text = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
        return text if text.isprintable() else UNSHOWABLE.sub("", text)


# Titles


def _title(fields: _Fields, body: Body, origin: Origin) -> str:
    """The title in the fields, the first heading, the page's own title, or the name of the file."""
    extracted = body.extracted
    title = fields.text(_TITLE) or extracted.title
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


def _date(fields: _Fields, origin: Origin, zone: tzinfo) -> WrittenDate | None:
    """The date in the fields, else in the path, else the day of the last change. Complains of what can't be
    read."""
    if found := _written_date(fields, _DATE, zone):
        return found
    if not origin.is_record and (seconds := date_in_path(origin.path, zone)) is not None:
        return WrittenDate(seconds)
    return _written_date(fields, _UPDATED, zone)


def _written_date(fields: _Fields, names: Sequence[str], zone: tzinfo) -> WrittenDate | None:
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
    fields: _Fields, path: str, date: WrittenDate | None, site: Site | None, rules: ReadingRules
) -> str:
    """Why an article is not for readers; empty where it is, or drafts are taken in."""
    if rules.drafts:
        return ""
    for key, words in (
        ("draft", _TRUE),
        ("published", _FALSE),
        ("hidden", _TRUE),
        ("status", {"draft", "private"}),
    ):
        value = fields[key]
        if isinstance(value, str) and value.lower() in words:
            return f"{key}: {value.lower()}"
    if "_drafts" in path.split("/")[:-1]:
        return "in _drafts"
    password = fields["password"]
    if isinstance(password, str) and password and password.lower() not in _FALSE - {"0"}:
        return "has a password"
    is_late = date is not None and rules.now is not None and date.seconds > rules.now
    return (
        f"{_FUTURE}, which {site.generator} does not publish"
        if site and is_late and not site.shows_future
        else ""
    )


# Names


def _author(fields: _Fields) -> str:
    for name, value in fields.named(_AUTHOR):
        if texts := fields.texts(name, value):
            return ", ".join(dict.fromkeys(texts))
    source = fields.text(["source"])  # 来源：某某日报
    return source if source and not _is_address(source) else ""


def _tags(fields: _Fields, site: Site | None) -> tuple[str, ...]:
    found: list[str] = []
    taxonomies = fields["taxonomies"]
    inner = taxonomies.get("tags", "") if isinstance(taxonomies, dict) else ""
    for name, value in [*fields.named(_TAGS), ("taxonomies.tags", inner)]:
        if isinstance(value, str):
            text = value.strip("[]")
            parts = re.split(r"[,，;；、|]", text)
            if len(parts) == 1 and (text.startswith("#") or (site and site.generator == "jekyll")):
                parts = text.split()
            value = list(parts)
        found += [text for tag in fields.texts(name, value) if (text := one_line(tag.lstrip("#")))]
    return tuple(dict.fromkeys(found))


def _category_paths(fields: _Fields, generator: str) -> list[tuple[str, ...]]:
    taxonomies = fields["taxonomies"]
    inner = taxonomies.get("categories", "") if isinstance(taxonomies, dict) else ""
    paths: list[tuple[str, ...]] = []
    for name, value in [*fields.named(_CATEGORIES), ("taxonomies.categories", inner)]:
        if (
            isinstance(value, str)
            and generator == "jekyll"
            and name == "categories"
            and not re.search(r"[,，/]", value)
        ):
            paths.append(tuple(fields.texts(name, list(value.split()))))
        else:
            paths += _paths_of(fields, name, value, is_several=generator in _SEVERAL)
    named = [path for path in dict.fromkeys(paths) if path]
    if len(named) < 2:
        return named
    # A category that is also the beginning of a longer path says nothing more.
    return [
        path for path in named if not any(path == other[: len(path)] and path != other for other in named)
    ]


def _paths_of(fields: _Fields, name: str, value: Value, *, is_several: bool) -> list[tuple[str, ...]]:
    """The category paths that a value stands for: `a, b` are two, `a/b` is one of two levels, a list is one
    (in some generators, several), and a list of lists is one for each."""
    if isinstance(value, dict):
        return [(text,) for text in fields.texts(name, value)]
    if isinstance(value, str):
        parts = [text for part in _COMMAS.split(value.strip("[]")) for text in fields.texts(name, part)]
        return [_levels(part) for part in parts]
    if all(isinstance(item, str) for item in value):
        texts = fields.texts(name, value)
        if is_several or any("/" in text or " > " in text for text in texts):
            return [_levels(text) for text in texts]
        return [tuple(texts)]
    if any(isinstance(item, list) and len(item) > 1 for item in value):
        return [
            _one_path(fields, name, item) if isinstance(item, list) else tuple(fields.texts(name, item))
            for item in value
        ]
    if all(isinstance(item, list) for item in value):
        return [_one_path(fields, name, item) for item in value if isinstance(item, list)]
    texts = fields.texts(name, value)
    return [(text,) for text in texts] if is_several else [tuple(texts)]


def _one_path(fields: _Fields, name: str, value: list[Value]) -> tuple[str, ...]:
    return tuple(fields.texts(name, value))


def _levels(text: str) -> tuple[str, ...]:
    return tuple(level for level in map(one_line, _LEVELS.split(text)) if level)


def _listed_paths(values: Values) -> list[tuple[str, ...]]:
    """The category paths of an article that souwen exported."""
    listed = values.get("category_paths")
    return [
        levels
        for path in (listed if isinstance(listed, list) else [])
        if isinstance(path, list)
        and (levels := tuple(one_line(level) for level in path if isinstance(level, str)))
    ]


# Addresses


def _url(
    fields: _Fields,
    site: Site | None,
    path: str,
    title: str,
    date: WrittenDate | None,
    categories: Sequence[tuple[str, ...]],
    zone: tzinfo,
) -> str:
    """The address of the page that readers know; of an article of no site, the one that it names."""
    named = [fields.one(name, value) for name, value in fields.named(_ADDRESS) if name != "source"]
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


def _thumbnail(fields: _Fields, body: Body, url: str) -> str:
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
    """The text has this part, whatever the white space."""
    return "".join(part.split()) in "".join(text.split())
