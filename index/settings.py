"""Settings: one table of name, default and help.

A setting is read from the environment (`SOUWEN_TIMEZONE=…`), else from `souwen.toml` in the current
folder (or the file that `SOUWEN_CONFIG` names), else it has its default. A wrong value or an unknown
name is an error, never a silent fall-back. `souwen config` prints the effective ones.

What shapes an index (`timezone`, `dictionary`) is written into its `meta.json` when it is made:
an index opens with no settings at all.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from zoneinfo import ZoneInfo

from index.errors import SettingsError

CONFIG_FILE = "souwen.toml"
# Settings whose value may begin with ~, which no shell has read in a file.
_PATHS = frozenset("index dictionary synonyms access_log query_log opensearch_ca".split())


def _text(default: str, help_: str) -> str:
    made: str = field(default=default, metadata={"help": help_})
    return made


def _secret(help_: str) -> str:
    made: str = field(default="", metadata={"help": help_, "secret": True})
    return made


def _choice(default: str, help_: str, *values: str) -> str:
    made: str = field(default=default, metadata={"help": help_, "values": values})
    return made


def _number(default: int, help_: str, *, low: int) -> int:
    made: int = field(default=default, metadata={"help": help_, "low": low})
    return made


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Sizes are in the unit that the help text names."""

    index: str = _text(".souwen", "the index directory, or the address of an index on a cluster")
    timezone: str = _text(
        "Asia/Shanghai", "time zone of dates without one, and of months and days in queries"
    )
    dictionary: str = _text("", "a file with words of your own, in jieba's format: word, frequency, tag")
    synonyms: str = _text(
        "", "a file with words that mean the same: `医保, 医疗保险`, or `北理工 => 北京理工大学`"
    )
    freshness: int = _number(
        0,
        "points added to the score of an article of the last week; older ones get less, from three years on "
        "none. A few words score 10 to 40",
        low=0,
    )
    images: str = _choice(
        "show", "pictures that articles have on other sites: show, or block", "show", "block"
    )
    max_file_mb: int = _number(
        64, "files over this many megabytes are not read, but listed as problems", low=1
    )
    max_query_length: int = _number(1000, "characters in a query", low=1)
    max_query_nesting: int = _number(
        20, "parentheses inside parentheses in a query; deeper ones are read as text", low=0
    )
    max_query_words: int = _number(
        200, "words and operands in a query; what follows is ignored, with a note", low=1
    )
    max_query_patterns: int = _number(
        10,
        "words with * or ?, and words or phrases with ~, in a query; further ones are read as words",
        low=0,
    )
    max_expansions: int = _number(1000, "indexed words that one wildcard or fuzzy term may stand for", low=1)
    max_hits: int = _number(10000, "how deep the pages of a result list go", low=100)
    max_search_seconds: int = _number(
        10, "seconds that a search may take; looked at between its steps", low=1
    )
    rate_limit: str = _text(
        "", "requests that one address may make, such as 60/minute or 5/second;1000/day; none: any number"
    )
    rate_limit_storage: str = _text(
        "memory://",
        "where requests are counted: each process by itself, or all together in redis://HOST:PORT",
    )
    username: str = _text("souwen", "the name that goes with the password")
    password: str = _secret("what pages and API ask for, or its hash (souwen password); none: nothing")
    trusted_proxy: str = _text(
        "127.0.0.1", "address of the reverse proxy whose X-Forwarded-… headers are believed; * is any"
    )
    robots: str = _choice(
        "articles", "what search engines may list: articles (never results), or none", "articles", "none"
    )
    access_log: str = _text(
        "", "a file that gets a line of JSON for each request: address, query, time; - is standard error"
    )
    query_log: str = _text(
        "", "a file (SQLite) that counts what is searched for on the pages and in the API, by day"
    )
    query_log_days: int = _number(90, "days after which the query log forgets", low=1)
    cors: str = _text("", "other sites whose scripts may read the API, such as https://a.example; * is any")
    opensearch_user: str = _text("", "the name for a cluster that asks for one")
    opensearch_password: str = _secret("the password that goes with it")
    opensearch_token: str = _secret("a bearer token for a cluster, in place of name and password")
    opensearch_ca: str = _text("", "a file with the authorities whose certificates of a cluster are trusted")


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The effective settings.

    Raises SettingsError for an unknown name or a value that makes no sense.
    """
    values: dict[str, int | str] = {}
    for source, name, raw in [*_from_file(environ), *_from_environment(environ)]:
        values[name] = _parse(name, raw, source)
    settings = Settings(**values)  # type: ignore[arg-type]
    if not settings.index.strip():
        raise SettingsError("index: is empty. Name a directory, or leave the setting out.")
    zone(settings.timezone)
    return settings


def zone(name: str) -> ZoneInfo:
    """The time zone of this name. Raises SettingsError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"timezone: there is no time zone {name!r}. "
            "Give a name of the IANA database, such as Asia/Shanghai, Asia/Taipei or UTC."
        ) from None


def read_named_file(setting: str, path: str) -> str:
    """The text of the file that a setting names. Raises SettingsError where it can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{setting}: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{setting}: {path} is not UTF-8 text.") from None


def setting_fields() -> dict[str, Field[int | str]]:
    """The table: each setting's field by name, in order."""
    return {f.name: f for f in fields(Settings)}


def _from_file(environ: Mapping[str, str]) -> list[tuple[str, str, object]]:
    named = environ.get("SOUWEN_CONFIG")
    path = Path(named or CONFIG_FILE)
    if not named and not path.is_file():
        return []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from None
    return [(str(path), name, value) for name, value in table.items()]


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, str, object]]:
    known = setting_fields()
    found: list[tuple[str, str, object]] = []
    for variable, value in environ.items():
        name = variable.removeprefix("SOUWEN_").lower()
        if name != variable.lower() and (name in known or name != "config"):
            found.append((f"environment variable {variable}", name, value))
    return found


def _parse(name: str, raw: object, source: str) -> int | str:
    known = setting_fields()
    if name not in known:
        raise SettingsError(f"{source}: unknown setting {name!r}. Known: {', '.join(known)}.")
    default = known[name].default
    if default is MISSING or isinstance(default, str):
        if not isinstance(raw, str):
            raise SettingsError(f"{source}: {name} must be text, not {raw!r}.")
        values = known[name].metadata.get("values", ())
        if values and raw not in values:
            raise SettingsError(f"{source}: {name} must be one of {', '.join(values)}, not {raw!r}.")
        # (A Path would raise where there is no such user.)
        return os.path.expanduser(raw) if name in _PATHS else raw  # noqa: PTH111
    low = known[name].metadata["low"]
    try:
        number = int(str(raw)) if not isinstance(raw, bool) else None
    except ValueError:
        number = None
    if number is None or number < low:
        raise SettingsError(f"{source}: {name} must be a whole number from {low}, not {raw!r}.")
    return number
