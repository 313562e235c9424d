"""Public addresses of articles: the permalink rules of each generator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from index.errors import SettingsError
from index.sources.dates import without_date
from index.sources.sites import Site

# Characters that stand in an address as they are.
_SAFE = "/:@!$&'()*+,;=~-._%?#"
_TOKEN = re.compile(r":([a-z_]+)")
# Jekyll's rules that have a name.
_JEKYLL = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "weekdate": "/:categories/:year/W:week/:short_day/:title.html",
    "none": "/:categories/:title.html",
}
_NUMBERED = re.compile(r"^\d+\s*[-_.]+\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Facts:
    """Values that permalink rules use. `path` is the file's path in the site; `date` is local."""

    path: str
    title: str
    date: datetime | None = None
    categories: tuple[str, ...] = ()
    slug: str = ""
    permalink: str = ""
    abbrlink: str = ""
    id: str = ""

    @property
    def folders(self) -> list[str]:
        """The folders of the file."""
        return self.path.split("/")[:-1]

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        name = self.path.rpartition("/")[2]
        return name.rpartition(".")[0] or name


def address_of(site: Site, facts: Facts) -> str:
    """The public address of an article; empty where it can't be determined."""
    if not site.address:
        return ""
    if facts.permalink:
        return absolute(site.address, _written(site, facts))
    rule = _RULES.get(site.generator)
    path = rule(site, facts) if rule else _by_hand(site, facts)
    return "" if path is None else absolute(site.address, path)


def check_rule(rule: str) -> None:
    """Raises SettingsError for a setting `permalink` with an unknown token."""
    known = _values_of(Facts("", "", datetime(2000, 1, 1)), "")
    if unknown := [part for part in _TOKEN.findall(rule) if part not in known]:
        parts = " ".join(f":{part}" for part in known)
        raise SettingsError(
            "permalink: there is no :{part}. A rule is made of: {parts}", part=unknown[0], parts=parts
        )


def _written(site: Site, facts: Facts) -> str:
    """The permalink in the front matter, which may be a rule itself."""
    if re.match(r"https?://", facts.permalink):
        return facts.permalink
    rule = _JEKYLL.get(facts.permalink, facts.permalink) if site.generator == "jekyll" else facts.permalink
    return _expand(rule, _values_of(facts, facts.slug or without_date(facts.stem))) or facts.permalink


def absolute(address: str, path: str) -> str:
    """The path as an address of the site; an address stays as it is.

    >>> absolute("https://a.example/blog/", "/春/"), absolute("https://a.example/blog/", "/blog/x")
    ('https://a.example/blog/%E6%98%A5/', 'https://a.example/blog/x')
    """
    if re.match(r"https?://", path):
        return path
    scheme, _, rest = address.partition("://")
    domain, _, base = rest.partition("/")
    path = re.sub("/{2,}", "/", path).lstrip("/")
    if base and f"{path}/".startswith(base):
        path = path[len(base) :]
    return f"{scheme}://{domain}/{base}{quote(path, safe=_SAFE)}"


def _expand(rule: str, values: dict[str, str | None]) -> str | None:
    """The rule with its tokens replaced; None if one is unknown."""
    unknown = False

    def fill(found: re.Match[str]) -> str:
        nonlocal unknown
        value = values.get(found[1])
        unknown = unknown or value is None
        return value or ""

    path = _TOKEN.sub(fill, rule)
    return None if unknown else re.sub("/{2,}", "/", path)


def _values_of(facts: Facts, title: str) -> dict[str, str | None]:
    """Tokens of all generators; `title` is the value of `:title`."""
    values: dict[str, str | None] = {
        "title": title,
        "name": title.rpartition("/")[2],
        "slug": facts.slug or title.rpartition("/")[2],
        "filename": facts.stem,
        "path": facts.path.rpartition(".")[0],
        "post_title": facts.title,
        "category": "/".join(facts.categories),
        "categories": "/".join(facts.categories),
        "abbrlink": facts.abbrlink or None,
        "id": facts.id or None,
    }
    if date := facts.date:
        values |= {
            "year": f"{date.year:04d}",
            "short_year": f"{date.year % 100:02d}",
            "month": f"{date.month:02d}",
            "i_month": str(date.month),
            "monthname": f"{date:%B}",
            "day": f"{date.day:02d}",
            "i_day": str(date.day),
            "hour": f"{date.hour:02d}",
            "minute": f"{date.minute:02d}",
            "second": f"{date.second:02d}",
            "y_day": f"{date.timetuple().tm_yday:03d}",
            "yearday": str(date.timetuple().tm_yday),
            "week": f"{date.isocalendar().week:02d}",
            "short_day": f"{date:%a}",
            "timestamp": str(int(date.timestamp())),
        }
    return values


def _by_hand(site: Site, facts: Facts) -> str | None:
    """Address by the setting `permalink`, for articles of no known generator."""
    rule = dict(site.permalinks).get("", "")
    if not rule:
        return None
    name = facts.folders[-1] if facts.stem in ("index", "README") and facts.folders else facts.stem
    return _expand(rule, _values_of(facts, without_date(name)))


def _hexo(site: Site, facts: Facts) -> str | None:
    source = site.folders[0] if site.folders else "source"
    path = facts.path.removeprefix(f"{source}/")
    if not path.startswith("_posts/"):
        if path.startswith("_"):
            return None
        path = path.rpartition(".")[0]
        return path.removesuffix("index") if path.endswith("index") else f"{path}.html"
    folder, _, stem = path.removeprefix("_posts/").rpartition(".")[0].rpartition("/")
    if site.slugs.startswith(":year"):
        stem = without_date(stem)
    title = facts.slug or "/".join(part for part in (folder, stem) if part)
    values = _values_of(facts, title)
    values["category"] = values["category"] or "uncategorized"
    return _expand(dict(site.permalinks)[""], values)


def _jekyll(site: Site, facts: Facts) -> str | None:
    rules = dict(site.permalinks)
    collection = next((part[1:] for part in facts.folders if part.startswith("_")), "")
    if not collection:
        path = facts.path.rpartition(".")[0]
        if facts.stem.lower() in ("index", "readme"):
            return path[: -len(facts.stem)]
        return f"{path}/" if rules[""] == "pretty" else f"{path}.html"
    if collection not in ("posts", "drafts"):
        if collection not in rules:
            return f"{collection}/{facts.stem}.html"
        values = _values_of(facts, facts.slug or facts.stem)
        values |= {"collection": collection, "path": "/".join([*facts.folders[1:], facts.stem])}
        return _expand(rules[collection], values)
    rule = rules.get("posts") or rules[""]
    values = _values_of(facts, facts.slug or without_date(facts.stem))
    above = facts.folders[: facts.folders.index(f"_{collection}")]
    levels = dict.fromkeys([*above, *(_jekyll_slug(level) for level in facts.categories)])
    values["categories"] = "/".join(levels)
    return _expand(_JEKYLL.get(rule, rule), values)


def _jekyll_slug(text: str) -> str:
    return re.sub(r"\s+", "-", text.strip().lower())


def _hugo(site: Site, facts: Facts) -> str | None:
    folders, stem = facts.folders, facts.stem
    language = ""
    for folder in sorted(site.folders, key=len, reverse=True):
        if f"{facts.path}/".startswith(f"{folder}/"):
            folders = folders[len(folder.split("/")) :]
            language = dict(site.bases).get(folder, "")
            break
    name, _, suffix = stem.rpartition(".")
    if name and suffix.lower() in (known.lower() for known in site.languages):
        stem, language = name, suffix
    elif not language and folders and folders[0] in site.languages and not site.bases:
        language, folders = folders[0], folders[1:]
    prefix = [language] if language and language.lower() != site.default_language.lower() else []
    if stem == "_index":
        return _hugo_path(site, [*prefix, *folders], is_folder=True)
    if stem == "index":
        if not folders:
            return "/".join(prefix)
        stem, folders = folders[-1], folders[:-1]
    section = folders[0] if folders else ""
    rules = dict(site.permalinks)
    rule = next((rules[key] for key in ("/".join(folders), section) if key in rules), "") or rules.get("", "")
    if not rule:
        return _hugo_path(site, [*prefix, *folders, facts.slug or stem])
    values = _values_of(facts, _hugo_name(facts.title))
    values |= {
        "slug": _hugo_name(facts.slug or facts.title),
        "slugorfilename": _hugo_name(facts.slug or stem),
        "slugorcontentbasename": _hugo_name(facts.slug or stem),
        "filename": _hugo_name(stem),
        "contentbasename": _hugo_name(stem),
        "section": section,
        "sections": "/".join(folders),
    }
    path = _expand(rule, values)
    if path is None:
        return None
    path = "/".join([*prefix, path.strip("/")])
    return path if re.search(r"\.html?$", path) else f"{path}.html" if site.is_ugly else f"{path}/"


def _hugo_path(site: Site, parts: Sequence[str], *, is_folder: bool = False) -> str:
    path = "/".join(_hugo_name(part, is_lower=not site.slugs) for part in parts)
    return f"{path}.html" if site.is_ugly and not is_folder else f"{path}/"


def _hugo_name(text: str, *, is_lower: bool = True) -> str:
    """A name as Hugo writes it in paths: letters, digits and `._-#+~@`; others become hyphens or nothing."""
    text = text.lower() if is_lower else text
    text = re.sub(r"[^\w\s.#+~@/-]", "", text.strip())
    return re.sub(r"-{2,}", "-", re.sub(r"\s+", "-", text)).strip("-")


def _zola(site: Site, facts: Facts) -> str | None:
    folders, stem = facts.folders[1:], facts.stem
    name, _, suffix = stem.rpartition(".")
    prefix: list[str] = []
    if name and suffix in site.languages:
        stem = name
        prefix = [suffix] if suffix != site.default_language else []
    if stem == "_index":
        parts = folders
    elif stem == "index":
        if not folders:
            return "/".join(prefix)
        parts = [*folders[:-1], facts.slug or without_date(folders[-1])]
    else:
        parts = [*folders, facts.slug or without_date(stem)]
    if site.slugs == "on":
        if not all(part.isascii() for part in parts):
            return None  # written in Latin letters by a table of Zola's own
        parts = [re.sub(r"[^a-z0-9_]+", "-", part.lower()).strip("-") for part in parts]
    return "/".join([*prefix, *parts]) + "/"


def _docusaurus(site: Site, facts: Facts) -> str | None:
    part, *folders = facts.folders or [""]
    stem = facts.stem
    base = dict(site.bases).get(part)
    if base is None:
        if facts.path.startswith("src/pages/"):
            path = "/".join([*folders[1:], stem])
            return path.removesuffix("index")
        return None
    if facts.slug.startswith("/"):
        return f"{base}{facts.slug}"
    if part == "blog":
        name = "/".join([*folders, stem]).removesuffix("/index")
        if facts.slug:
            return f"{base}/{facts.slug}"
        found = re.match(r"(?:.*/)?(\d{4})[-/](\d{1,2})[-/](\d{1,2})[-/]?(.*)", name)
        if found:
            return f"{base}/" + "/".join(filter(None, found.groups()))
        return f"{base}/{name}"
    parts = [_NUMBERED.sub("", folder) for folder in folders]
    if facts.slug:
        return "/".join([base, *parts, facts.slug])
    name = _NUMBERED.sub("", facts.id.rpartition("/")[2] or stem)
    if stem.lower() in ("index", "readme") or (folders and stem == folders[-1]):
        return "/".join([base, *parts]) + "/"
    return "/".join([base, *parts, name])


def _of_folders(site: Site, facts: Facts) -> str | None:
    """Address by the path of the file: VuePress, VitePress, mdBook and MkDocs."""
    path = facts.path
    for folder in site.folders:
        path = path.removeprefix(f"{folder}/")
    if (rule := dict(site.permalinks).get("", "")) and facts.date:
        return _expand(rule, _values_of(facts, facts.slug or without_date(facts.stem)))
    path = path.rpartition(".")[0]
    folder, _, stem = path.rpartition("/")
    if stem.lower() in ("index", "readme"):
        return f"{folder}/"
    if site.is_ugly:
        return f"{path}.html"
    return path if site.generator == "vitepress" else f"{path}/"


_RULES = {
    "hexo": _hexo,
    "jekyll": _jekyll,
    "hugo": _hugo,
    "zola": _zola,
    "docusaurus": _docusaurus,
    "vuepress": _of_folders,
    "vitepress": _of_folders,
    "mdbook": _of_folders,
    "mkdocs": _of_folders,
}
