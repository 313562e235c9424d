"""Settings, from a file and from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import SettingsError
from index.settings import load_settings
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
