"""Brings the catalogs in step with the messages in the source.

    .venv/bin/python script/messages.py

reads the messages from templates, modules and the help of the commands, adds new ones to each catalog and
removes those that are gone, fills what is missing in Traditional Chinese from the Simplified (OpenCC, s2twp;
read it, and correct it in the catalog), and compiles. What is left to translate is listed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from opencc import OpenCC

from cli.help import messages_of
from cli.main import COMMANDS, souwen
from index.settings import setting_fields
from web.settings import WebSettings

ROOT = Path(__file__).parent.parent
CATALOGS = ROOT / "index" / "translations"
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
    "當前代": "目前的代",
    "當前": "目前",
    "許可權": "權限",
    "釋出": "發布",
    "後設資料": "中繼資料",
    "副本里": "副本裡",
    "型別": "類型",
    "埠": "連接埠",
    "令牌": "權杖",
    "配置": "設定",
    "系統只讀": "系統唯讀",
    "訪問": "存取",
    "通過": "透過",
    "軟體包": "套件",
    "列表": "清單",
}
# Calls whose first argument is a message: markers, notes, and the errors that reach people.
KEYWORDS = {
    "_": None,
    "ngettext": (1, 2),
    "gettext_noop": None,
    "gettext": None,
    "Message": None,
    "Note": None,
    "SettingsError": None,
    "InputError": None,
    "VanishedError": None,
    "QueryError": None,
    "TooSlowError": None,
    "NotFoundError": None,
    "IndexMissingError": None,
    "IndexMismatchError": None,
    "IndexDamagedError": None,
    "IndexWriteError": None,
    "IndexBusyError": None,
    "EngineError": None,
}
# click's messages that souwen's commands lead to; click looks them up in the same catalogs.
CLICK = (
    "Usage:",
    "Options",
    "Commands",
    "Show this message and exit.",
    "default: {default}",
    "Error: {message}",
    "Try '{command} {option}' for help.",
    "Missing argument",
    "Missing option",
    "Missing command.",
    "No such option {name!r}.",
    "No such command {name!r}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    "Option {name!r} does not take a value.",
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    "Choose from:\n\t{choices}",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
    "{name} {filename!r} is a directory.",
    "Repeat for confirmation",
    "Error: The two entered values do not match.",
)
# What the system says of files.
SYSTEM = (
    errno.ENOENT,
    errno.EACCES,
    errno.EPERM,
    errno.EEXIST,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENOSPC,
    errno.EROFS,
    errno.EIO,
    errno.EADDRINUSE,
    errno.EMFILE,
)


def messages() -> Catalog:
    """What the source says, in English."""
    found = Catalog(charset="utf-8")
    for package in ("cli", "web", "search", "index"):
        for file, line, text, comments, context in extract_from_dir(
            ROOT / package, METHODS, OPTIONS, KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True
        ):
            found.add(text, None, [(f"{package}/{file}", line)], auto_comments=comments, context=context)
    for origin, message in (*_help(), *_settings()):
        found.add(message, None, [(origin, 1)])
    for each in CLICK:
        found.add(each, None, [("click", 1)])
    for number in SYSTEM:
        found.add(os.strerror(number), None, [("errno", 1)])
    return found


def _help() -> Iterator[tuple[str, str]]:
    context = souwen.make_context("souwen", ["config"], resilient_parsing=True)
    yield from (("cli/main.py", message) for message in messages_of(souwen))
    for name, (module, help_) in COMMANDS.items():
        yield "cli/main.py", help_
        command = souwen.get_command(context, name)  # type: ignore[attr-defined]
        yield from ((f"{module.replace('.', '/')}.py", message) for message in messages_of(command))


def _settings() -> Iterator[tuple[str, str]]:
    yield from (
        ("index/settings.py", field.metadata["help"]) for field in setting_fields(WebSettings).values()
    )


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
        catalog.header_comment = "# Messages; script/messages.py keeps them in step with the source."
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
