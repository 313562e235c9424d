"""Prints the tables of `index/analysis/variants.py` that are derived from Unicode's data and OpenCC's.

    python script/variants.py UCD

UCD holds `ucdxml/ucd.all.grouped.xml` and `ucd/EquivalentUnifiedIdeograph.txt` as published at
https://www.unicode.org/Public/ (made with version 14.0).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import opencc

from index.analysis.variants import CHOSEN

# Hong Kong, Taiwan and Japanese forms → OpenCC's Traditional ones.
_REGIONS = ("hk2t", "tw2t", "jp2t")
# From the surest to the weakest; "specialized" variants are left out: they differ in some meanings.
_RELATIONS = ("kSimplifiedVariant", "kZVariant", "kSemanticVariant")
_IDEOGRAPHS = [
    chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x323B0))
]

_converter = cache(opencc.OpenCC)


def _simplified(character: str) -> str:
    return _converter("t2s").convert(character)


def _code_points(text: str) -> list[str]:
    return [chr(int(code, 16)) for code in re.findall(r"U\+([0-9A-F]+)", text)]


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _properties(path: Path) -> tuple[set[str], dict[str, dict[str, list[str]]]]:
    """The characters of the Table of General Standard Chinese Characters (2013), and variants by relation."""
    standard: set[str] = set()
    variants: dict[str, dict[str, list[str]]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if not (found := re.search(r'<char cp="([0-9A-F]+)"', line)):
                continue
            character = chr(int(found[1], 16))
            if re.search(r'kTGH="[^"]', line):
                standard.add(character)
            for relation in _RELATIONS:
                if value := re.search(rf'{relation}="([^"]+)"', line):
                    variants.setdefault(character, {})[relation] = _code_points(value[1])
    return standard, variants


def _regional(character: str, is_standard: Callable[[str], bool]) -> str:
    """The simplified form of a character as it is, else of the form of which it is a region's."""
    first = _simplified(character)
    for region in _REGIONS:
        if is_standard(first):
            break
        other = _simplified(_converter(region).convert(character))
        if is_standard(other):
            return other
    return first


def _radicals(path: Path) -> dict[str, str]:
    """CJK radicals → the ideographs that they stand for, where they have no compatibility form."""
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"(2E[0-9A-F]{2})(?:\.\.(\w+))?\s*;\s*(\w+)", line):
            first, last, target = match.groups()
            for code in range(int(first, 16), int(last or first, 16) + 1):
                found[chr(code)] = chr(int(target, 16))
    return found


def _show(name: str, pairs: dict[str, str]) -> None:
    written = [source + target for source, target in pairs.items()]
    print(f'{name} = """')
    for start in range(0, len(written), 18):
        print(" ".join(written[start : start + 18]))
    print('"""')


def main() -> None:
    folder = Path(sys.argv[1])
    standard, variants = _properties(folder / "ucdxml" / "ucd.all.grouped.xml")

    def is_standard(character: str) -> bool:
        return character in standard or _in_gb2312(character)

    chosen = {pair[0] for pair in CHOSEN.split()}
    regional: dict[str, str] = {}
    semantic: dict[str, str] = {}
    for character in _IDEOGRAPHS:
        if is_standard(character) or character in chosen:
            continue
        folded = _regional(character, is_standard)
        if is_standard(folded):
            if folded != _simplified(character):
                regional[character] = folded
            continue
        for relation in _RELATIONS:
            targets = {_regional(v, is_standard) for v in variants.get(character, {}).get(relation, [])}
            targets = set(filter(is_standard, targets))
            if targets:
                if len(targets) == 1:
                    semantic[character] = targets.pop()
                break
    _show("REGIONAL", regional)
    _show("SEMANTIC", semantic)
    _show("RADICALS", _radicals(folder / "ucd" / "EquivalentUnifiedIdeograph.txt"))


if __name__ == "__main__":
    main()
