"""`souwen --version`: souwen, Python, and the packages of this installation."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

# Extras that are for those who use souwen, in the order of pyproject.toml; the others are for its developers.
EXTRAS = ("opensearch", "mcp")
# Packages whose version explains how souwen searches.
_TOLD = ("tantivy", "whoosh", "jieba", "rjieba", "lxml", "granian")
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,.-]+\])?([^;]*)(?:;.*extra == ['\"]([\w-]+)['\"])?")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that souwen asks for: `extra` is empty for one that it always needs, `version` for one that
    is not installed; `asked` are the versions that will do, as in pyproject.toml."""

    name: str
    version: str
    asked: str
    extra: str


def packages() -> list[Package]:
    """The packages that the installed souwen asks for, with those of its extras."""
    found: list[Package] = []
    for text in requires("souwen") or ():
        requirement = _REQUIREMENT.match(text)
        if requirement and requirement[1] != "souwen" and (requirement[3] or "") in ("", *EXTRAS):
            name, asked, extra = requirement.groups(default="")
            found.append(Package(name, _version(name), asked.strip(" ()"), extra))
    return found


def versions() -> str:
    """What is installed, in a line each for souwen, its engines and its extras."""
    all_of_them = packages()
    told = ", ".join(f"{name} {_version(name) or 'missing'}" for name in _TOLD)
    lines = [
        f"souwen {version('souwen')}",
        f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}",
        told,
    ]
    for extra in EXTRAS:
        needed = [package for package in all_of_them if package.extra == extra]
        if needed and all(package.version for package in needed):
            lines.append(f"{extra}: {', '.join(f'{each.name} {each.version}' for each in needed)}")
        else:
            lines.append(f"{extra}: not installed (souwen[{extra}])")
    return "\n".join(lines)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
