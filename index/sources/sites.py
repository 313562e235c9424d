"""Sites: folders of site generators, recognised by their files, with the settings of their articles'
addresses.

A `Site` is small, frozen and picklable, because processes that parse files get it whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from index.language import gettext_noop
from index.sources.site_config import (
    MAX_CONFIG,
    existing_folders,
    read_config,
    read_inside,
    script_value,
    site_address,
    table_of,
    text_of,
)
from index.sources.values import Values

# Folders above a followed one in which a site is looked for: `blog/content/posts` is in `blog`.
_MAX_ABOVE = 4
# Folders of generators that hold no articles, wherever they stand. `.souwenignore` may take them back.
LEFT_ALONE = frozenset("node_modules _layouts _includes _site public themes".split())
# Files that a site has for robots, and its data.
_OWN_FILE = re.compile(
    r"(?:robots|ads|humans|llms)\.txt|404\.(?:html|md)|.+\.(?:json|jsonl|ndjson|csv|tsv)", re.IGNORECASE
)
# Files at the top of a Jekyll site that tell programmers about it.
_ABOUT_THE_CODE = re.compile(
    r"(?:readme|contributing|license|changelog|code_of_conduct|security|authors|copying)(?:[._-].*)?\.\w+",
    re.IGNORECASE,
)
# Generators that make pages of Markdown only.
_MARKDOWN_ONLY = frozenset("docusaurus vuepress vitepress mdbook".split())
_MARKDOWN = re.compile(r"\.(?:md|mdx|markdown)\Z", re.IGNORECASE)
# Files that tell tools about a project; nothing in them is an article.
TOOL_FILE = re.compile(
    r"(?:package(?:-lock)?|npm-shrinkwrap|[jt]sconfig[\w.-]*|composer|vercel|now|renovate|lerna|nx|turbo|biome"
    r"|manifest|bower|deno|\w+\.config)\.json",
    re.IGNORECASE,
)
_SCRIPT_SUFFIXES = ("js", "ts", "mjs", "mts", "cjs", "json")


@dataclass(frozen=True, slots=True)
class Site:
    """A site, as its generator describes it.

    `root` is the path (see `Article.path`) of its folder; where only a folder inside the site is followed,
    the path of that one, and `inside` is its path in the site. `folders` hold the articles, by their paths in
    the site; empty, all of it does. `address` ends with a slash; empty, it is not known. `permalinks` are the
    rules of sections ("" is any other). `languages` are those with addresses of their own.
    """

    root: str
    generator: str
    inside: str = ""
    address: str = ""
    folders: tuple[str, ...] = ()
    permalinks: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    default_language: str = ""
    shows_future: bool = True
    is_ugly: bool = False
    slugs: str = ""
    bases: tuple[tuple[str, str], ...] = ()

    def inner_path(self, path: str) -> str:
        """The path inside the site of a path (see `Article.path`)."""
        return "/".join(part for part in (self.inside, path[len(self.root) + 1 :]) if part)

    def contains(self, path: str) -> bool:
        """True for the path of the site, or a path inside it."""
        return path == self.root or path.startswith(f"{self.root}/")

    def reason_against(self, path: str, *, is_folder: bool) -> str:
        """The reason why a file or folder holds no articles; empty where it does."""
        inner = self.inner_path(path)
        name = inner.rpartition("/")[2]
        is_own = is_folder and name.startswith("_") and self.generator in ("hexo", "jekyll")
        if is_own and name not in ("_posts", "_drafts", *self.folders):
            return f"a folder of {self.generator}'s own"
        if not is_folder and self.generator and _OWN_FILE.fullmatch(name):
            return gettext_noop("a file of the site's own")
        if not is_folder and self.generator in _MARKDOWN_ONLY and not _MARKDOWN.search(name):
            return f"not Markdown, of which {self.generator} makes pages"
        if self.generator == "jekyll":
            is_about_it = not is_folder and "/" not in inner and _ABOUT_THE_CODE.fullmatch(name)
            return gettext_noop("about the site's code") if is_about_it else ""
        if not self.folders or not inner:
            return ""
        for folder in self.folders:
            if (
                inner == folder
                or inner.startswith(f"{folder}/")
                or (is_folder and folder.startswith(f"{inner}/"))
            ):
                return ""
        return f"outside of {', '.join(self.folders)}, where {self.generator} has the articles"


def fingerprint(values: object) -> str:
    """A short text that differs for different sites."""
    return hashlib.blake2b(repr(values).encode(), digest_size=8).hexdigest()


def site_of(sites: Collection[Site], path: str) -> Site | None:
    """The innermost site that a path lies in."""
    inside = [site for site in sites if site.contains(path)]
    return max(inside, key=lambda site: len(site.root), default=None)


def site_above(name: str, location: Path) -> Site | None:
    """The site that a followed folder is a part of, such as the `content` of a Hugo site."""
    folder = location
    for _ in range(_MAX_ABOVE):
        folder = folder.parent
        if folder == folder.parent:
            return None
        try:
            names = {entry.name for entry in folder.iterdir()}
        except OSError:
            return None
        if site := recognise(name, folder, names):
            inside = location.relative_to(folder).as_posix()
            belongs = not site.folders or any(
                f"{inside}/".startswith(f"{part}/") or f"{part}/".startswith(f"{inside}/")
                for part in site.folders
            )
            return replace(site, inside=inside) if belongs else None
    return None


def recognise(path: str, location: Path, names: Collection[str]) -> Site | None:
    """The site in a folder that holds these names; None where it is no generator's."""
    for marks, reader in _GENERATORS:
        for mark in marks:
            if mark in names:
                try:
                    site = reader(location, mark, names)
                except (ValueError, RecursionError, OSError, yaml.YAMLError):
                    site = None
                if site is not None:
                    return _with_domain(replace(site, root=path), location)
    return None


def _with_domain(site: Site, location: Path) -> Site:
    """A site whose configuration gives no domain has that of its CNAME file, as GitHub Pages reads it."""
    if "://" in site.address:
        return site
    for folder in ("", "static", "source", "public", "docs", "src"):
        with suppress(OSError):
            text = read_inside(location / folder / "CNAME")[:300].decode(errors="replace")
            domain = text.strip().split("\n")[0].strip()
            if re.fullmatch(r"[\w.-]+\.[\w-]+", domain):
                return replace(site, address=f"https://{domain}/{site.address.lstrip('/')}")
    return replace(site, address="")


# Generators


def _hexo_or_jekyll(location: Path, mark: str, names: Collection[str]) -> Site | None:
    values = read_config(location / mark)
    is_hexo = (
        "new_post_name" in values
        or "source_dir" in values
        or (location / "source" / "_posts").is_dir()
        or "scaffolds" in names
    )
    return _hexo(location, values) if is_hexo else _jekyll(location, values, names)


def _hexo(location: Path, values: Values) -> Site:
    source = text_of(values, "source_dir") or "source"
    return Site(
        "",
        "hexo",
        address=site_address(text_of(values, "url"), text_of(values, "root")),
        folders=existing_folders(location, source),
        permalinks=(("", text_of(values, "permalink") or ":year/:month/:day/:title/"),),
        shows_future=text_of(values, "future") != "false",
        slugs=text_of(values, "new_post_name"),
    )


def _jekyll(location: Path, values: Values, names: Collection[str]) -> Site | None:
    # A theme alone is what GitHub puts into a repository of anything, to show its README.
    known = {"plugins", "gems", "markdown", "kramdown", "baseurl", "permalink", "collections"}
    known |= {"highlighter", "sass", "defaults", "url"}
    if not (known & values.keys() or {"_posts", "_layouts", "_drafts", "Gemfile"} & set(names)):
        return None
    rules = [("", text_of(values, "permalink") or "date")]
    defaults = values.get("defaults")
    for entry in defaults if isinstance(defaults, list) else []:
        if isinstance(entry, dict) and (rule := text_of(table_of(entry, "values"), "permalink")):
            kind = text_of(table_of(entry, "scope"), "type") or "posts"
            rules.append((kind, rule))
    collections = table_of(values, "collections")
    rules += [
        (name, rule) for name in collections if (rule := text_of(table_of(collections, name), "permalink"))
    ]
    return Site(
        "",
        "jekyll",
        address=site_address(text_of(values, "url"), text_of(values, "baseurl")),
        folders=("_posts", "_drafts", *(f"_{name}" for name in collections)),
        permalinks=tuple(rules),
        shows_future=text_of(values, "future") == "true",
    )


def _bare_jekyll(location: Path, mark: str, names: Collection[str]) -> Site | None:
    """A folder with `_posts` whose files begin with dates."""
    posts = [entry.name for entry in sorted((location / mark).iterdir())[:50]]
    dated = sum(bool(re.match(r"\d{4}-\d{2}-\d{2}-.", name)) for name in posts)
    if not posts or dated * 2 < len(posts):
        return None
    return Site(
        "",
        "jekyll",
        folders=("_posts", "_drafts"),
        permalinks=(("", "date"),),
        shows_future=False,
    )


def _hugo_or_zola(location: Path, mark: str, names: Collection[str]) -> Site | None:
    values = read_config(location / mark)
    if "base_url" in values:
        return _zola(location, values)
    if (
        "baseurl" in values
        or "languagecode" in values
        or ("content" in names and {"archetypes", "layouts", "static", "themes"} & set(names))
    ):
        return _hugo(location, values)
    return None


def _zola(location: Path, values: Values) -> Site:
    slugs = text_of(table_of(values, "slugify"), "paths") or text_of(values, "slugify_paths") or "on"
    return Site(
        "",
        "zola",
        address=site_address(text_of(values, "base_url")),
        folders=existing_folders(location, "content"),
        languages=tuple(table_of(values, "languages")),
        default_language=text_of(values, "default_language") or "en",
        slugs=slugs,
    )


def _hugo_site(location: Path, mark: str, names: Collection[str]) -> Site | None:
    return _hugo(location, read_config(location / mark))


def _hugo_folder(location: Path, mark: str, names: Collection[str]) -> Site | None:
    """Hugo's configuration in a folder: `config/_default/hugo.toml`, `permalinks.toml`, `languages.toml`."""
    folder = location / mark / "_default"
    values: Values = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        if file.suffix not in (".toml", ".yaml", ".yml", ".json"):
            continue
        read = read_config(file)
        name = file.stem.partition(".")[0].lower()
        values |= read if name in ("hugo", "config") else {name: read}
    if not values or not ("baseurl" in values or "content" in names):
        return None
    return _hugo(location, values)


def _hugo(location: Path, values: Values) -> Site:
    rules: list[tuple[str, str]] = []
    permalinks = table_of(values, "permalinks")
    for section, rule in (permalinks | table_of(permalinks, "page")).items():
        if isinstance(rule, str):
            rules.append((section.strip("/"), rule))
    languages = table_of(values, "languages")
    default = text_of(values, "defaultcontentlanguage") or "en"
    contents = [
        (language, folder)
        for language in languages
        if (folder := text_of(table_of(languages, language), "contentdir"))
    ]
    content = text_of(values, "contentdir") or "content"
    return Site(
        "",
        "hugo",
        address=site_address(text_of(values, "baseurl")),
        folders=existing_folders(location, *dict.fromkeys([content, *(folder for _, folder in contents)])),
        permalinks=tuple(rules),
        languages=tuple(languages),
        default_language="" if text_of(values, "defaultcontentlanguageinsubdir") == "true" else default,
        shows_future=text_of(values, "buildfuture") == "true",
        is_ugly=text_of(values, "uglyurls") == "true",
        slugs="" if text_of(values, "disablepathtolower") != "true" else "as they are",
        bases=tuple((folder.strip("/"), language) for language, folder in contents),
    )


def _mdbook(location: Path, mark: str, names: Collection[str]) -> Site:
    values = read_config(location / mark)
    output = table_of(values, "output", "html")
    return Site(
        "",
        "mdbook",
        address=site_address(
            f"https://{domain}" if (domain := text_of(output, "cname")) else "", text_of(output, "site-url")
        ),
        folders=existing_folders(location, text_of(table_of(values, "book"), "src") or "src"),
        is_ugly=True,
    )


def _mkdocs(location: Path, mark: str, names: Collection[str]) -> Site:
    values = read_config(location / mark)
    return Site(
        "",
        "mkdocs",
        address=site_address(text_of(values, "site_url")),
        folders=existing_folders(location, text_of(values, "docs_dir") or "docs"),
        is_ugly=text_of(values, "use_directory_urls") == "false",
    )


def _docusaurus(location: Path, mark: str, names: Collection[str]) -> Site:
    script = read_inside(location / mark)[:MAX_CONFIG].decode(errors="replace")
    script = re.sub(r"(?m)^\s*//.*$", "", script)
    bases: list[tuple[str, str]] = []
    for part in ("docs", "blog"):
        options = re.search(rf"(?<![\w$]){part}\s*:\s*\{{(?P<options>.*?)\n\s*\}}", script, re.DOTALL)
        base = re.search(r"routeBasePath\s*:\s*[\"']([^\"']*)", options["options"]) if options else None
        bases.append((part, base[1].strip("/") if base else part))
    return Site(
        "",
        "docusaurus",
        address=site_address(script_value(script, "url"), script_value(script, "baseUrl")),
        folders=existing_folders(location, "docs", "blog", "src/pages", "i18n"),
        bases=tuple(bases),
    )


def _vuepress(location: Path, mark: str, names: Collection[str]) -> Site:
    script = ""
    for suffix in _SCRIPT_SUFFIXES:
        for name in ("config", "config/index"):
            file = location / mark / f"{name}.{suffix}"
            if file.is_file():
                script += read_inside(file)[:MAX_CONFIG].decode(errors="replace")
    domain = script_value(script, "hostname") or script_value(script, "domain")
    return Site(
        "",
        mark.strip("."),
        address=site_address(domain, script_value(script, "base")),
        folders=existing_folders(location, script_value(script, "srcDir").removeprefix("./")),
        permalinks=(("", script_value(script, "permalink")),),
        is_ugly=not re.search(r"cleanUrls\s*:\s*true", script),
    )


def _obsidian(location: Path, mark: str, names: Collection[str]) -> Site:
    return Site("", "obsidian")


_Reader = Callable[[Path, str, Collection[str]], "Site | None"]
# Files and folders that a generator is known by, and the function that reads them.
_GENERATORS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"), _hugo_site),
    (("config.toml", "config.yaml", "config.yml", "config.json"), _hugo_or_zola),
    (("_config.yml", "_config.yaml"), _hexo_or_jekyll),
    (("book.toml",), _mdbook),
    (("mkdocs.yml", "mkdocs.yaml"), _mkdocs),
    (tuple(f"docusaurus.config.{suffix}" for suffix in _SCRIPT_SUFFIXES), _docusaurus),
    ((".vuepress", ".vitepress"), _vuepress),
    (("config",), _hugo_folder),
    (("_posts",), _bare_jekyll),
    ((".obsidian",), _obsidian),
)
# Files whose change changes how others are read.
CONFIGURATIONS = frozenset(mark for marks, _ in _GENERATORS for mark in marks if "." in mark[1:]) | {"CNAME"}
