"""Settings, from a file and from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from limits import parse_many

from index.errors import SettingsError
from index.settings import Settings, load_settings, setting_fields
from search.settings import SearchSettings
from web.settings import WebSettings


def test_a_home_in_a_file_is_read_as_a_shell_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "souwen.toml"
    lines = ('index = "~/news"', 'dictionary = "~nobody-of-that-name/words.txt"', 'username = "~"')
    file.write_text("\n".join(lines), encoding="utf-8")
    settings = load_settings(WebSettings, {"SOUWEN_CONFIG": str(file)})
    assert settings.index == str(tmp_path / "news")
    assert settings.dictionary == "~nobody-of-that-name/words.txt"  # nor does a shell know whose home that is
    assert settings.username == "~"


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_index_is_not_the_current_folder(value: str) -> None:
    with pytest.raises(SettingsError, match="index: is empty"):
        load_settings(WebSettings, {"SOUWEN_INDEX": value})


def test_each_table_extends_the_one_below() -> None:
    tables = [setting_fields(table) for table in (Settings, SearchSettings, WebSettings)]
    assert list(tables[2])[: len(tables[1])] == list(tables[1])
    assert list(tables[1])[: len(tables[0])] == list(tables[0])
    assert "password" not in tables[1]
    assert "max_hits" not in tables[0]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SOUWEN_TIMEZON", "UTC", "unknown setting 'timezon'"),
        ("SOUWEN_TIMEZONE", "Mars/Olympus", "no time zone 'Mars/Olympus'"),
        ("SOUWEN_MAX_HITS", "many", "max_hits must be a whole number from 100, not 'many'"),
        ("SOUWEN_IMAGES", "some", "images must be one of show, block, not 'some'"),
        ("SOUWEN_RATE_LIMIT", "often", "rate_limit: 'often' is not a limit"),
    ],
)
def test_a_wrong_name_or_value_is_an_error(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load_settings(WebSettings, {name: value})


@pytest.mark.parametrize("limit", ["60/minute", "5/second;1000/day", "10 per 5 minutes", "1/hour, 2/day"])
def test_forms_of_a_rate_limit(limit: str) -> None:
    parse_many(limit)  # of the library that counts
    assert load_settings(WebSettings, {"SOUWEN_RATE_LIMIT": limit}).rate_limit == limit
