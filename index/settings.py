"""Settings: the mechanism, and the table of those that shape an index.

A table is a frozen dataclass whose fields have a default and a help text. Each package declares its own:
`Settings` here, `SearchSettings` in search/settings.py, `WebSettings` in web/settings.py; each extends the
one below. A setting is read from the environment (`SOUWEN_TIMEZONE=…`), else from `souwen.toml` in the
current folder (or the file that `SOUWEN_CONFIG` names), else it has its default. A wrong value or an unknown
name is an error, never a silent fall-back. `souwen config` prints the effective ones.

What shapes an index (`timezone`, `dictionary`) is written into its `meta.json` when it is made:
an index opens with no settings at all.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from index.errors import SettingsError
from index.language import Message

CONFIG_FILE = "souwen.toml"

Table = TypeVar("Table", bound="Settings")


def text(default: str, help_: str, *, check: Callable[[str], object] | None = None) -> str:
    """Setting with a text. `check` raises SettingsError for one that is not allowed."""
    made: str = field(default=default, metadata={"help": help_, "check": check})
    return made


def path(default: str, help_: str, *, check: Callable[[str], object] | None = None) -> str:
    """Setting with a path (for an index, also an address). A leading ~ is expanded, since no shell does it
    in a file."""
    made: str = field(default=default, metadata={"help": help_, "check": check, "is_path": True})
    return made


def secret(help_: str) -> str:
    """Setting with a text that is never printed."""
    made: str = field(default="", metadata={"help": help_, "is_secret": True})
    return made


def choice(default: str, help_: str, *values: str) -> str:
    """Setting with one of some values."""
    made: str = field(default=default, metadata={"help": help_, "values": values})
    return made


def number(default: int, help_: str, *, low: int) -> int:
    """Setting with a whole number from `low` on, in the unit that the help text names."""
    made: int = field(default=default, metadata={"help": help_, "low": low})
    return made


def zone(name: str) -> ZoneInfo:
    """The time zone of this name. Raises SettingsError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            "timezone: there is no time zone {name!r}. Give a name of the IANA database, such "
            "as Asia/Shanghai, Asia/Taipei or UTC.",
            name=name,
        ) from None


def _check_index(location: str) -> None:
    if not location.strip():
        raise SettingsError("index: is empty. Name a directory, or leave the setting out.")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an index: where it is, what shapes it, and how a cluster is reached."""

    index: str = path(
        ".souwen", "the index directory, or the address of an index on a cluster", check=_check_index
    )
    timezone: str = text(
        "Asia/Shanghai", "time zone of dates without one, and of months and days in queries", check=zone
    )
    dictionary: str = path("", "a file with words of your own, in jieba's format: word, frequency, tag")
    site_url: str = text(
        "", "the address of the site that publishes the articles, where its files don't say it"
    )
    permalink: str = text(
        "",
        "the rule of its addresses, such as :year/:month/:day/:title/ or :slug.html; none: its generator's",
    )
    max_file_mb: int = number(
        64,
        "files over this many megabytes (of records: single records) are not read, but listed as problems",
        low=1,
    )
    opensearch_user: str = text("", "the user name for a cluster that asks for one")
    opensearch_password: str = secret("the password of that user")
    opensearch_token: str = secret("a bearer token for a cluster, in place of name and password")
    opensearch_ca: str = path("", "a file with the certificate authorities that are trusted for a cluster")


def load_settings(table: type[Table], environ: Mapping[str, str] = os.environ) -> Table:
    """The effective settings of a table.

    Raises SettingsError for a name that the table lacks or a wrong value.
    """
    known = setting_fields(table)
    values: dict[str, Any] = {}
    for source, name, raw in [*_from_file(environ), *_from_environment(environ)]:
        if name not in known:
            raise SettingsError(
                "{source}: unknown setting {name!r}. Known: {known}.",
                source=source,
                name=name,
                known=", ".join(known),
            )
        values[name] = _parse(known[name], raw, source)
    return table(**values)


def setting_fields(table: type[Settings]) -> dict[str, Field[int | str]]:
    """The fields of a table by the names of the settings, in order."""
    return {f.name: f for f in fields(table)}


def read_named_file(setting: str, path: str) -> str:
    """The text of the file that a setting names. Raises SettingsError where it can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(
            "{setting}: {path}: {reason}", setting=setting, path=path, reason=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise SettingsError("{setting}: {path} is not UTF-8 text.", setting=setting, path=path) from None


def _from_file(environ: Mapping[str, str]) -> list[tuple[str | Message, str, object]]:
    named = environ.get("SOUWEN_CONFIG")
    path = Path(named or CONFIG_FILE)
    if not named and not path.is_file():
        return []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("{path}: can't be read: {reason}", path=path, reason=error.strerror) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("{path}: is not valid TOML: {reason}", path=path, reason=error) from None
    return [(str(path), name, value) for name, value in table.items()]


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str | Message, str, object]]:
    return [
        (Message("environment variable {name}", {"name": variable}), name, value)
        for variable, value in environ.items()
        for name in [variable.removeprefix("SOUWEN_").lower()]
        if name not in (variable.lower(), "config")
    ]


def _parse(setting: Field[int | str], raw: object, source: str | Message) -> int | str:
    name, allowed = setting.name, setting.metadata
    if "low" in allowed:
        return _parse_number(name, raw, allowed["low"], source)
    if not isinstance(raw, str):
        raise SettingsError(
            "{source}: {name} must be text, not {value!r}.", source=source, name=name, value=raw
        )
    values = allowed.get("values", ())
    if values and raw not in values:
        raise SettingsError(
            "{source}: {name} must be one of {allowed}, not {value!r}.",
            source=source,
            name=name,
            allowed=", ".join(values),
            value=raw,
        )
    # (A Path would raise where there is no such user.)
    value = os.path.expanduser(raw) if allowed.get("is_path") else raw  # noqa: PTH111
    if check := allowed.get("check"):
        check(value)
    return value


def _parse_number(name: str, raw: object, low: int, source: str | Message) -> int:
    try:
        number = int(str(raw)) if not isinstance(raw, bool) else None
    except ValueError:
        number = None
    if number is None or number < low:
        raise SettingsError(
            "{source}: {name} must be a whole number from {low}, not {value!r}.",
            source=source,
            name=name,
            low=low,
            value=raw,
        )
    return number
