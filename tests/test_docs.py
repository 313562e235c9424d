"""The documentation tells the truth: every command, setting, route and query form is in it, and runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from whoosh import query

from cli.main import souwen
from index.settings import setting_fields, zone
from search.query.grammar import FIELD_NAMES
from search.query.parser import parse_query
from search.settings import SearchSettings
from web.app import create_app
from web.query_help import SECTIONS
from web.settings import WebSettings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE_README = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
HTTP = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
DEPLOYMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
LANGUAGE = (ROOT / "docs" / "query-language.md").read_text(encoding="utf-8")


CONTEXT = souwen.make_context("souwen", ["config"], resilient_parsing=True)
COMMANDS = souwen.list_commands(CONTEXT)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", [README, CHINESE_README], ids=["README.md", "README.zh-CN.md"])
def test_every_command_is_documented(text: str) -> None:
    for name in COMMANDS:
        assert f"souwen {name}" in text, name


def test_every_command_has_help_with_an_example() -> None:
    for name in COMMANDS:
        command = souwen.get_command(CONTEXT, name)  # type: ignore[attr-defined]
        assert re.search(rf"^\s+(SOUWEN_\w+=\S+ )?souwen {name}", command.help, re.MULTILINE), name
        assert "Example" in command.help


def test_every_option_in_the_readme_exists() -> None:
    commands = [souwen.get_command(CONTEXT, name) for name in COMMANDS]  # type: ignore[attr-defined]
    known = {option for command in commands for parameter in command.params for option in parameter.opts}
    known |= {"--help", "--version", "--check"}
    told = README + CHINESE_README + re.sub(r"```dockerfile\n.*?```", "", DEPLOYMENT, flags=re.DOTALL)
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", told)) <= known


def test_the_readmes_commands_can_be_parsed() -> None:
    """Each `souwen …` line of a shell block is a call that the command line takes."""
    count = 0
    for text in (README, CHINESE_README, DEPLOYMENT):
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == ["souwen"]:
                    command = souwen.get_command(CONTEXT, words[1])  # type: ignore[attr-defined]
                    command.make_context(words[1], words[2:])
                    count += 1
    assert count >= 8


def test_every_setting_is_documented_with_its_default() -> None:
    for name, field in setting_fields(WebSettings).items():
        row = re.search(rf"^\| `{name}` \|(.*?)\|(.*?)\|$", SETTINGS, re.MULTILINE)
        assert row, name
        assert row[1].strip(" `") == str(field.default)
        assert row[2].strip() == field.metadata["help"]


def test_every_route_is_documented() -> None:
    app = create_app(WebSettings())
    routes = {re.sub(r"<(?:\w+:)?\w+>", "<id>", rule.rule) for rule in app.url_map.iter_rules()}
    for route in routes - {"/static/<id>"}:
        assert f"`{route}" in HTTP, route


def _forms() -> list[str]:
    rows = re.findall(r"^\| (`.*?) \| ", LANGUAGE, re.MULTILINE)
    return [form.replace("\\|", "|") for row in rows for form in re.findall(r"`(.+?)`", row)]


@pytest.mark.parametrize("form", _forms())
def test_every_form_of_the_query_language_is_understood(form: str) -> None:
    parsed = parse_query(form, SearchSettings(), zone("Asia/Shanghai"))
    assert parsed.tree is not query.NullQuery
    assert parsed.notes == ()


def test_the_help_page_has_the_same_table() -> None:
    forms_of_queries = LANGUAGE.partition("Signs that can only mean the same")[0].replace("\\|", "¦")
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|$", forms_of_queries, re.MULTILINE)
    table = [(tuple(re.findall("`(.+?)`", forms.replace("¦", "|"))), meaning) for forms, meaning in rows]
    assert table == [(form.examples, form.meaning) for section in SECTIONS for form in section.forms]


def test_every_field_is_documented() -> None:
    for name in FIELD_NAMES:
        if name.isascii():
            assert f"`{name}:" in LANGUAGE, name


def test_links_between_documents_lead_somewhere() -> None:
    for document in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "bench").glob("*.md"),
        ROOT / "fuzz/README.md",
    ]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_files_and_names_in_the_architecture_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    product = [path for name in ("index", "search", "web", "cli") for path in (ROOT / name).rglob("*.py")]
    files = [f"/{path.relative_to(ROOT).as_posix()}" for path in [*product, *ROOT.glob("*/*.py")]]
    for name in set(re.findall(r"[\w/]+\.py\b", text)):
        assert any(path.endswith(f"/{name}") for path in files), name
    source = "\n".join(path.read_text(encoding="utf-8") for path in product)
    for name in set(re.findall(r"`([A-Za-z_]+[A-Z_][A-Za-z_]+)`", text)):
        assert re.search(rf"\b{name}\b", source), name
    folders = {path.parent for path in product if "translations" not in path.parts}
    for folder in folders:
        assert re.search(rf"^ *{folder.name}/ ", text, re.MULTILINE), folder
