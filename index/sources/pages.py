"""Saved web pages: the article among menus and lists of links, and the metadata of the page.

The rules are our own, since pages of Chinese sites have their habits: see docs/architecture.md for the
comparison with libraries. Elements with sentences stay, unless they are outside of an element that is
known to contain the article, and that has most of the sentences. If no such element is found, the whole
page is the article.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html

from index.article import format_date
from index.sources.frontmatter import FrontMatter
from index.sources.values import Values

_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
# Elements that hold the article, by id or class: of generators, WeChat, forums, encyclopedias, governments.
_ARTICLE_NAMES = frozenset(
    "js_content artibody trs_editor ucaptitle zoom article article-content article_content articlecontent "
    "article-body article_body entry-content post-content post_content post-body markdown-body article- "
    "entry mw-parser-output t_f postmessage message_body post_body rich_media_content cnblogs_post_body "
    "content_views topic_content endtext post_text main-article news_txt main-content articlebody "
    "content-article detail-content".split()
)
# Words of ids and classes around an article.
_FRAME_WORDS = frozenset(
    "nav navbar navigation menu sidebar aside footer foot bottom copyright breadcrumb breadcrumbs crumb "
    "crumbs related recommend recommended share sns toolbar login toptb ft topbar qr qrcode ewm erweima "
    "weizhi pagination pager toc banner advert ads popup dialog".split()
)
_FRAME_TAGS = frozenset("nav aside footer form menu dialog".split())
_DROPPED_TAGS = frozenset("template noscript iframe object embed svg canvas select button".split())
_BLOCKS = frozenset("div ul ol dl table tbody tr td section header p center font li h3 h4 h5 span".split())
_PHRASE = re.compile(
    r"扫一扫|阅读原文|分享到|当前位置[:：]|您?现?在的位置[:：]|版权所有|备案号|ICP备|登录后才可以|继续滑动看下一个"
    r"|网站标识码|来源[:：]\s*\S{2,20}$|^[上下]一篇[:：]|只看该作者"
)
_LONGEST_PHRASE = 80
_SENTENCE = re.compile("[。；;]")
_MARK = re.compile("[。！？!?；;]")
# The share of sentences that a known element must hold; that of text in links which makes a list of links.
_ENOUGH = 0.5
_LINKS = 0.5
# Characters outside links that are no frame, where they are half of what the page has.
_MUCH = 100
# The share of sentences in an element that is the article without being known, if there are a few.
_MOST = 0.75
_FEW = 4
# Elements of a page in which the article is looked for, in seconds; a larger one is read whole.
_MAX_ELEMENTS = 200_000
_HOLDERS = frozenset("div section article main table tbody tr td center font form".split())
_CT = re.compile(r"""\bct\s*=\s*["'](\d{9,11})["']""")
_NICKNAME = re.compile(r"""\bnickname\s*=\s*(?:htmlDecode\()?["']([^"'\n]{1,60})["']""")
# Not for the parser: a declaration of bytes; ends of the page, which included files have in its middle.
_OUTER = re.compile(r"\A\s*<\?xml[^>]*>|</(?:body|html)\s*>", re.IGNORECASE)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_DATE = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
_WRITTEN_DATE = re.compile(
    rf"(?:发布时间|发布日期|发表时间|發布時間|最后更新|日期|时间)\s*[:：]?\s*(?P<labelled>{_DATE})"
    rf"|(?P<bare>{_DATE})\s*(?:来源|來源)"
)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-actualsrc")
# Names of what a page says of its article, the most reliable first.
_META = {
    "title": ("og:title", "twitter:title", "articletitle", "dc.title"),
    "author": ("author", "article:author", "og:article:author", "dc.creator"),
    "date": (
        "article:published_time", "og:article:published_time", "publishdate", "pubdate", "publish_time",
        "dc.date", "dc.date.issued", "date", "og:release_date", "datepublished",
    ),
    "url": ("og:url",),
    "thumbnail": ("og:image", "twitter:image"),
}  # fmt: skip
# What templates write for an author: addresses of pages and of mail, numbers.
_NO_NAME = re.compile(r"https?://|.*@|\d+$", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def is_page(text: str) -> bool:
    """True for a whole HTML document, as saved by browsers and crawlers."""
    return _PAGE.match(text[:5000]) is not None


def read_page(text: str) -> FrontMatter:
    """The article of a saved page as HTML, and the metadata of the page as front matter."""
    try:
        parser = lxml_html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
        root = lxml_html.document_fromstring(_OUTER.sub("", text), parser=parser)
    except (etree.LxmlError, ValueError):
        return FrontMatter({}, text)
    values = _values(root, text)
    for image in root.iter("img"):
        lazy = next((image.get(name) for name in _LAZY if image.get(name)), "")
        if lazy:
            image.set("src", lazy)
    body = root.find(".//body")
    if body is None:
        return FrontMatter(values, text)
    return FrontMatter(values, _article(body) or text)


# The article


@dataclass(slots=True)
class _Measure:
    """Counts of an element: characters, those in links, links, ends of sentences; and marks, which are
    those and others that headlines have, too."""

    length: int = 0
    linked: int = 0
    links: int = 0
    sentences: int = 0
    marks: int = 0


def _article(body: lxml_html.HtmlElement) -> str:
    if body.xpath("count(descendant::*)") > _MAX_ELEMENTS:
        return ""
    etree.strip_elements(body, "script", "style", with_tail=False)
    for element in list(body.iter(*_DROPPED_TAGS)):
        holds = len(_MARK.findall("".join(element.itertext()))) > 1
        if holds or (element.tag in ("button", "select") and element.find(".//div") is not None):
            element.drop_tag()  # never closed, it has taken the page along
        else:
            element.drop_tree()
    measures = _measured(body)
    all_sentences = measures[body].sentences
    known = [element for element in body.iter() if isinstance(element.tag, str) and _is_known(element)]
    inner = set(known)
    known = [element for element in known if not any(above in inner for above in element.iterancestors())]
    held = sum(measures[element].sentences for element in known)
    if (
        known
        and any(measures[element].length for element in known)
        and (held >= max(1, _ENOUGH * all_sentences) or _is_wechat(known))
    ):
        return "\n".join(map(_inner_html, known))
    own = measures[body].length - measures[body].linked
    for element, measure in measures.items():
        is_much = measure.length - measure.linked > max(_MUCH, own * _ENOUGH)
        if not is_much and _is_frame(element, measure):
            element.drop_tree()
    body = _holder(body, measures)
    return _inner_html(body) if "".join(body.itertext()).strip() or body.find(".//img") is not None else ""


def _holder(
    body: lxml_html.HtmlElement, measures: dict[lxml_html.HtmlElement, _Measure]
) -> lxml_html.HtmlElement:
    """The innermost element that holds most of the page's sentences, and all of its paragraphs: beside it,
    there is no element, and no text, of more than one sentence."""
    wanted = _MOST * measures[body].sentences
    holder = body
    while wanted >= _FEW:
        children = [child for child in holder if child in measures]
        below = next((child for child in children if measures[child].sentences >= wanted), None)
        if below is None or below.tag not in _HOLDERS:
            break
        marks = [measures[child].marks for child in children if child is not below]
        text = measures[holder].marks - measures[below].marks - sum(marks)
        if max(text, *marks, 0) > 1:
            break
        holder = below
    return holder


def _measured(body: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, _Measure]:
    measures = {element: _Measure() for element in body.iter() if isinstance(element.tag, str)}
    for element in reversed(measures):
        own = measures[element]
        _add(own, element.text)
        if element.tag == "a":  # headlines ask and exclaim
            own.linked, own.links = own.length, 1
            own.sentences = own.marks = "".join(element.itertext()).count("。")
        if element is body:
            break
        above = measures[element.getparent()]
        above.length += own.length
        above.linked += own.linked
        above.links += own.links
        above.sentences += own.sentences
        above.marks += own.marks
        _add(above, element.tail)
    return measures


def _add(measure: _Measure, text: str | None) -> None:
    if text and (text := text.strip()):
        measure.length += len(text)
        measure.sentences += len(_SENTENCE.findall(text))
        measure.marks += len(_MARK.findall(text))


def _names(element: lxml_html.HtmlElement) -> Iterator[str]:
    yield from f"{element.get('id') or ''} {element.get('class') or ''}".lower().split()


def _is_known(element: lxml_html.HtmlElement) -> bool:
    if element.get("itemprop") == "articleBody":
        return True
    return any(name in _ARTICLE_NAMES or re.fullmatch(r"postmessage_\d+", name) for name in _names(element))


def _is_wechat(known: list[lxml_html.HtmlElement]) -> bool:
    return any(element.get("id") == "js_content" for element in known)


def _is_frame(element: lxml_html.HtmlElement, measure: _Measure) -> bool:
    """True for an element around the article. Elements with sentences stay, whatever their names."""
    if measure.marks > 1 or element.tag in ("body", "article", "main", "pre", "code"):
        return False
    if element.tag in _FRAME_TAGS or element.get("role") in ("navigation", "search", "contentinfo"):
        return True
    words = {word for name in _names(element) for word in re.split(r"[-_\d]+", name)}
    if words & _FRAME_WORDS:
        return True
    if element.tag not in _BLOCKS:
        return False
    if measure.links >= 3 and measure.linked >= _LINKS * measure.length and not measure.marks:
        return True
    if measure.length > _LONGEST_PHRASE:
        return False
    text = " ".join("".join(element.itertext()).split())
    return bool(text) and _PHRASE.search(text) is not None and not element.findall(".//img")


def _inner_html(element: lxml_html.HtmlElement) -> str:
    parts = [html.escape(element.text or "", quote=False)]
    parts += [lxml_html.tostring(child, encoding="unicode") for child in element]
    return "".join(parts).strip()


# What the page says of it


def _values(root: lxml_html.HtmlElement, text: str) -> Values:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        content = (meta.get("content") or "").strip()
        if name and content:
            found.setdefault(name, content)
    values: Values = {}
    for field, names in _META.items():
        value = next((found[name] for name in names if name in found), "")
        if value and not (field == "author" and _NO_NAME.match(value)):
            values[field] = value
    for field, value in _linked_data(root).items():
        values.setdefault(field, value)
    canonical = root.xpath("string(//link[@rel='canonical']/@href)").strip()
    if _ADDRESS.match(canonical):
        values["url"] = canonical
    elif saved := _SAVED_FROM.search(text[:5000]):
        values.setdefault("url", saved[1])
    if _ADDRESS.match(str(values.get("url", "http://"))) is None:
        del values["url"]  # an address inside the site
    if "date" not in values and (date := _date(root, text)):
        values["date"] = date
    if "author" not in values and (nickname := _NICKNAME.search(text)):
        values["author"] = nickname[1]
    if "title" not in values and (title := _title(root)):
        values["title"] = title
    return values


def _title(root: lxml_html.HtmlElement) -> str:
    """The heading where the title has it, with the name of the site behind; else the title as it is."""
    # Not by XPath, whose strings take thirty times their size.
    found = root.find(".//head/title")
    title = " ".join("".join(found.itertext()).split()) if found is not None else ""
    for heading in root.iter("h1", "h2"):
        text = " ".join("".join(heading.itertext()).split())
        if len(text) > 1 and title.startswith(text):
            return text
    return title


def _date(root: lxml_html.HtmlElement, text: str) -> str:
    if found := _CT.search(text):
        return format_date(int(found[1])) or ""
    if written := root.xpath("string(//time/@datetime)").strip():
        return str(written)
    body = root.find(".//body")
    found = _WRITTEN_DATE.search("".join(body.itertext())[:3000]) if body is not None else None
    return found["labelled"] or found["bare"] if found else ""


def _linked_data(root: lxml_html.HtmlElement) -> dict[str, str]:
    """Title, date, author and address in JSON-LD (https://schema.org/Article)."""
    for script in root.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        listed = data if isinstance(data, list) else [data]
        for item in [
            *listed,
            *(graph for one in listed if isinstance(one, dict) for graph in _list(one.get("@graph"))),
        ]:
            if isinstance(item, dict) and ("headline" in item or "datePublished" in item):
                return _of_article(item)
    return {}


def _of_article(item: dict[str, object]) -> dict[str, str]:
    authors = [one.get("name") if isinstance(one, dict) else one for one in _list(item.get("author"))]
    page = item.get("mainEntityOfPage") or item.get("url")
    page = page.get("@id") if isinstance(page, dict) else page
    values = {
        "title": item.get("headline"),
        "date": item.get("datePublished"),
        "author": ", ".join(name for name in authors if isinstance(name, str)),
        "url": page,
    }
    return {
        name: html.unescape(value).strip()
        for name, value in values.items()
        if isinstance(value, str) and value
    }


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
