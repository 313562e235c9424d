"""Decodes bytes to text: encodings, line ends, control characters."""

from __future__ import annotations

import codecs
import re
import unicodedata

from index.sources.extract import UNSHOWABLE

# The most frequent characters and marks of written Chinese, simplified and traditional: what tells
# a right decoding from a wrong one, which has next to none of them.
_COMMON = frozenset(
    "，。、的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能"
)
# So many characters tell of an encoding.
_SAMPLE = 100_000
_MARKS = "\u0300-\u036f\u3099\u309a"
_MARKED = re.compile(f"[^\\W_][{_MARKS}]+")
_ODD = re.compile(f"{UNSHOWABLE.pattern[:-1]}{_MARKS}]")


def decode(data: bytes) -> tuple[str, list[str]]:
    """Bytes → text with `\\n` line ends and no control characters, and what was wrong.

    UTF-8 (with or without mark), UTF-16 with mark, else GB18030 or Big5, whichever reads as Chinese.
    """
    text, complaints = _decode_bytes(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _ODD.search(text):
        text = UNSHOWABLE.sub("", text)
        # One form for é and e + ´; only there, since NFC would replace some Han characters.
        text = _MARKED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    return text, complaints


def _decode_bytes(data: bytes) -> tuple[str, list[str]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _replacing(data, "utf-16")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    candidates = [_replacing(data, encoding) for encoding in ("utf-8", "gb18030", "big5hkscs")]
    return max(candidates, key=lambda candidate: _plausibility(candidate[0]))


def _replacing(data: bytes, encoding: str) -> tuple[str, list[str]]:
    text = data.decode(encoding, errors="replace")
    wrong = text.count("\ufffd")
    if not wrong:
        return text, []
    return text, [f"{wrong} places are not valid {encoding} and were replaced by \ufffd"]


def _plausibility(text: str) -> float:
    """The share of characters beyond ASCII that are frequent in Chinese, less those unreadable."""
    foreign = [character for character in text[:_SAMPLE] if character > "\x7f"]
    good = sum(character in _COMMON for character in foreign)
    bad = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in foreign)
    return (good - 3 * bad) / max(1, len(foreign))
