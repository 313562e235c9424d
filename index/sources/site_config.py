"""Values in the configuration of a site: YAML, TOML, JSON, and plain assignments in programs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from index.files import open_file
from index.sources.frontmatter import load_yaml
from index.sources.values import Value, Values, normalise

# Bytes of a configuration that are read.
MAX_CONFIG = 1_000_000


def read_inside(file: Path) -> bytes:
    """The first bytes of a file, one more than `MAX_CONFIG` at most. Raises OSError for what is none, or is
    a link that leads out of its folder."""
    folder = file.parent.resolve(strict=True)
    with open_file(str(folder), str(file.resolve(strict=True))) as opened:
        return opened.read(MAX_CONFIG + 1)


def read_config(file: Path) -> Values:
    """Raises OSError, ValueError or YAMLError for what can't be read."""
    data = read_inside(file)
    if len(data) > MAX_CONFIG:
        raise ValueError("too large")
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    loaded = (
        tomllib.loads(text) if file.suffix == ".toml" else load_yaml(text)  # JSON is YAML
    )
    return normalise(loaded)[0] if isinstance(loaded, dict) else {}


def text_of(values: Mapping[str, Value], *keys: str) -> str:
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def table_of(values: Mapping[str, Value], *keys: str) -> Values:
    """The table at a path of keys; empty where there is none."""
    found: Value = dict(values)
    for key in keys:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def site_address(domain: str, base: str = "") -> str:
    """An address that ends with a slash; for a base without a domain, the base."""
    domain, base = domain.strip().rstrip("/"), base.strip().strip("/")
    if domain.startswith("//"):
        domain = f"https:{domain}"
    if domain and not re.match(r"https?://[^/]", domain):
        domain = ""
    if domain and base and domain.endswith(f"/{base}"):
        base = ""
    return f"{domain}/{base}/" if base else f"{domain}/" if domain else ""


def existing_folders(location: Path, *names: str) -> tuple[str, ...]:
    return tuple(name.strip("/") for name in names if name and (location / name).is_dir())


def script_value(script: str, key: str) -> str:
    """The value of a key in a configuration that is a program: `url: 'https://…'`."""
    found = re.search(rf"""(?<![\w$]){key}\s*:\s*(["'`])(?P<value>[^"'`\n]*)\1""", script)
    if found:
        return found["value"]
    named = re.search(rf"(?<![\w$]){key}\s*:\s*(?P<name>[A-Za-z_$][\w$]*)\s*[,\n}}]", script)
    constant = named and re.search(
        rf"""\b(?:const|let|var)\s+{re.escape(named["name"])}\s*=\s*(["'`])(?P<value>[^"'`\n]*)\1""", script
    )
    return constant["value"] if constant else ""
