"""Brings the catalogs of the pages in step with the messages in the source.

    .venv/bin/python script/messages.py

reads the messages from templates and modules, adds new ones to each catalog and removes those that are
gone, fills what is missing in Traditional Chinese from the Simplified (OpenCC, s2twp; read it, and correct
it in the catalog), and compiles. What is left to translate is listed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from opencc import OpenCC

ROOT = Path(__file__).parent.parent
CATALOGS = ROOT / "web" / "translations"
METHODS = [("**/templates/*", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/*": {"trimmed": "true", "silent": "false"}}
# Where OpenCC's Taiwan isn't what pages there say, or wrong.
CORRECTIONS = {
    "隻有": "只有",
    "搜索": "搜尋",
    "檢視": "查看",
    "引數": "參數",
    "嵌套": "巢狀",
    "匹配": "符合",
    "文本": "文字",
    "聯想": "建議",
    "幫助": "說明",
    "連線": "連接",
    "快捷鍵": "快速鍵",
    "“": "「",
    "”": "」",
}
# Calls whose first argument is a message: markers, notes, and the errors that reach a page.
KEYWORDS = {
    "_": None,
    "ngettext": (1, 2),
    "gettext_noop": None,
    "gettext": None,
    "Note": None,
    "QueryError": None,
    "TooSlowError": None,
    "NotFoundError": None,
    "IndexMissingError": None,
    "IndexMismatchError": None,
    "IndexDamagedError": None,
    "EngineError": None,
}


def messages() -> Catalog:
    """What the source says, in English."""
    found = Catalog(charset="utf-8")
    for package in ("web", "search", "index"):
        for file, line, text, comments, context in extract_from_dir(
            ROOT / package, METHODS, OPTIONS, KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True
        ):
            found.add(text, None, [(f"{package}/{file}", line)], auto_comments=comments, context=context)
    return found


def read(path: Path) -> Catalog:
    """A catalog as it is stored."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


TO_TAIWAN = OpenCC("s2twp")


def traditional(text: str) -> str:
    """Simplified Chinese as Taiwan writes it."""
    text = TO_TAIWAN.convert(text)
    for found, right in CORRECTIONS.items():
        text = text.replace(found, right)
    return text


def is_translated(entry: Message) -> bool:
    """Whether all forms of a message are there."""
    return all(entry.string) if isinstance(entry.string, tuple) else bool(entry.string)


def main() -> int:
    source = messages()
    paths = sorted(CATALOGS.glob("*/LC_MESSAGES/messages.po"))
    catalogs = {path.parent.parent.name: read(path) for path in paths}
    for catalog in catalogs.values():
        catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        catalog.header_comment = (
            "# Messages of the pages; script/messages.py keeps them in step with the source."
        )
        catalog.header_comment = (
            "# Messages of the pages; script/messages.py keeps them in step with the source."
        )
    for entry in catalogs["zh_Hant"]:
        simplified = catalogs["zh_Hans"][entry.id]
        if entry.id and not is_translated(entry) and simplified and is_translated(simplified):
            text = simplified.string
            entry.string = traditional(text) if isinstance(text, str) else tuple(map(traditional, text))
    for path in paths:
        catalog = catalogs[path.parent.parent.name]
        with path.open("wb") as file:
            write_po(file, catalog, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        missing = [entry.id for entry in catalog if entry.id and not is_translated(entry)]
        print(f"{path.relative_to(ROOT)}: {len(catalog)} messages, {len(missing)} to translate")
        for text in missing:
            print(f"  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
