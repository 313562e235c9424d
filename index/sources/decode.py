"""Decodes bytes to text: encodings, line ends, control characters.

In order: a byte order mark; UTF-16 by its zeros; UTF-8 where it is valid; the charset that the head of a page
or of an XML file declares; a guess. A guess is Chinese (GB18030, Big5, UTF-16) where the text then has the
most frequent characters of Chinese, else what chardet says. UTF-8 lines among others are read as such, so
a head and a body in two encodings both survive.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from index.article import Complaint, ProblemKind
from index.sources.extract import UNSHOWABLE

# The most frequent characters and marks of written Chinese, simplified and traditional: what tells
# a right decoding from a wrong one, which has next to none of them.
_COMMON = frozenset(
    "，。、的一是不了在人有我他這这個个們们中來来上大為为和國国地到以說说時时要就出會会可也你對对生能"
)
# A text whose share of them is at least this is Chinese: running text has 0.14 to 0.4, a wrong decoding 0.02.
_CHINESE = 0.1
# Kana among what reads as Chinese: EUC-JP and GB2312 write them alike.
_KANA = re.compile("[\u3041-\u30ff]")
_MUCH_KANA = 0.1
# chardet's confidence in noise is up to 0.03, in a line of Russian or Korean 0.1 and more.
_CONFIDENT = 0.05
# Below this, what can be Chinese is: marks and the 3,755 frequent characters of GB2312, without kana, some of
# which (from C9) would be rare in Korean.
_SURE = 0.3
_FREQUENT = re.compile(rb"(?s:[\0-\x7f]|[\xa1-\xa3\xb0-\xd7][\xa1-\xfe])*+")
_RARE_IN_KOREAN = re.compile(rb"(?s:[\0-\x7f]|[\xa1-\xc8].)*+[\xc9-\xd7]")
# So many characters, or bytes, tell of an encoding.
_SAMPLE = 100_000
# Bytes in which a page declares its charset: more than HTML's 1,024, since scripts stand before it in many.
_HEAD = 8192
_DECLARED = re.compile(
    rb"""<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']?\s*(?P<xml>[\w.:-]{2,40})"""
    rb"""|<meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*(?P<meta>[\w.:-]{2,40})""",
    re.IGNORECASE,
)
# Labels whose texts are in a larger set in practice (https://encoding.spec.whatwg.org/#names-and-labels), or
# that Python doesn't know.
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "cp950": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms932": "cp932",
    "windows-31j": "cp932", "x-euc-jp": "euc_jp", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949", "x-windows-949": "cp949", "iso-8859-1": "cp1252", "latin1": "cp1252",
    "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-9": "cp1254", "tis-620": "cp874",
    "iso-8859-11": "cp874", "x-cp1251": "cp1251", "iso-8859-8-i": "iso-8859-8",
}  # fmt: skip
# Encodings whose every byte is ASCII.
_SEVEN_BITS = frozenset(["iso2022_jp", "iso2022_kr", "hz", "iso2022_jp_2"])
_MARKS = "\u0300-\u036f\u3099\u309a"
_MARKED = re.compile(f"[^\\W_][{_MARKS}]+")
_ODD = re.compile(f"{UNSHOWABLE.pattern[:-1]}{_MARKS}]")


def decode(data: bytes) -> tuple[str, list[Complaint]]:
    """Bytes → text with `\\n` line ends and no control characters, and what was wrong.

    >>> decode("放管服".encode("gb18030"))
    ('放管服', [])
    """
    text, complaints = _decode_bytes(data)
    return clean(text), complaints


def clean(text: str) -> str:
    """A text with `\\n` line ends, composed letters, no control characters and no half characters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _ODD.search(text):
        text = UNSHOWABLE.sub("", text)
        # One form for é and e + ´; only there, since NFC would replace some Han characters.
        text = _MARKED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    return text


def find_encoding(sample: bytes) -> tuple[str, list[Complaint]]:
    """The encoding of a file that is read in parts, by its first lines; and complaints about it.

    >>> find_encoding("标题,正文\\n甲,放管服的改革\\n".encode("gb18030"))
    ('gb18030', [])
    """
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", []
    if encoding := _by_zeros(sample):
        return encoding, []
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError:
        if _is_damaged_utf8(_line_kinds(sample).other):
            return "utf-8", []  # told line by line
        guess = _guess(sample)
        return guess.encoding, [each for each in guess.complaints if each.kind is ProblemKind.GUESS]
    return "utf-8", []


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text in an encoding, what was wrong, and its plausibility as Chinese."""

    encoding: str
    text: str
    complaints: list[Complaint]
    plausibility: float


def _decode_bytes(data: bytes) -> tuple[str, list[Complaint]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        is_utf32 = data.startswith(codecs.BOM_UTF32_LE) and len(data) % 4 == 0
        return _replacing(data, "utf-32" if is_utf32 else "utf-16")
    if encoding := _by_zeros(data):
        return _replacing(data, encoding)
    declared = _declared(data[:_HEAD])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not declared or not _is_accidental(text, declared):
            return text, []
    if declared:
        reading = _read(data, declared)
        chinese = _most_chinese(data)
        if _is_right(reading) and not (
            chinese.plausibility >= _CHINESE and chinese.plausibility > reading.plausibility + _CHINESE
        ):
            return reading.text, reading.complaints
    return _undeclared(data)


def _is_right(reading: _Reading) -> bool:
    """True if bytes are text of the declared encoding, apart from a few invalid ones."""
    return not reading.complaints or reading.text.count("\ufffd") * 50 < _foreign(reading.text)


def _declared(head: bytes) -> str:
    """The encoding declared by a page or XML file, by Python's name; empty if none is."""
    lowered = head.lower()
    if b"charset" not in lowered and b"encoding" not in lowered:
        return ""  # a search of the pattern takes as long as decoding
    found = _DECLARED.search(head)
    if not found:
        return ""
    label = (found["xml"] or found["meta"]).decode("ascii", "replace").lower()
    try:
        name = codecs.lookup(_SUPERSETS.get(label, label)).name
        b"".decode(name)
    except LookupError:  # no encoding, or none of text
        return ""
    # A declaration that can be read as ASCII is in none of these.
    return "" if name.startswith(("utf-8", "utf-16", "utf-32", "utf-7")) else name


def _is_accidental(text: str, declared: str) -> bool:
    """True for valid UTF-8 that is more likely in the declared encoding: pairs of bytes may be valid in
    both, and some encodings are all ASCII."""
    if text.isascii():
        return declared in _SEVEN_BITS
    is_of_pairs = max(text) <= "\u07ff" or (text.startswith("\ufeff") and max(text[1:]) <= "\u07ff")
    return is_of_pairs and declared in ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949")


def _by_zeros(data: bytes) -> str:
    """UTF-16 without a byte order mark, recognised by zero bytes: ASCII has one in the same half of each
    unit."""
    if b"\0" not in data:
        return ""
    sample = data[: _SAMPLE - _SAMPLE % 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if min(even, odd) * 10 > max(even, odd):
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")
    is_mostly_ascii = max(even, odd) * 10 >= len(text) * 3
    if text.count("\ufffd") * 50 > len(text) or not (is_mostly_ascii or _plausibility(text) >= _CHINESE):
        return ""
    return encoding


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines by validity: UTF-8 with characters of three bytes, which no other encoding produces by chance;
    not UTF-8; or either (ASCII and pairs of bytes)."""

    lines: list[bytes]
    kinds: list[bool | None]  # True: UTF-8; False: not
    utf8: bytes
    other: bytes


def _line_kinds(data: bytes) -> _Lines:
    lines = data.splitlines(keepends=True)
    kinds: list[bool | None] = []
    for line in lines:
        try:
            text = line.decode("utf-8")
            kinds.append(True if not text.isascii() and max(text) > "\u07ff" else None)
        except UnicodeDecodeError:
            kinds.append(False)
    parts = {
        kind: b"".join(line for line, its in zip(lines, kinds, strict=True) if its is kind)
        for kind in (True, False)
    }
    return _Lines(lines, kinds, parts[True], parts[False])


def _undeclared(data: bytes) -> tuple[str, list[Complaint]]:
    found = _line_kinds(data)
    if _is_damaged_utf8(found.other):
        return _replacing(data, "utf-8")
    if not found.utf8:
        reading = _guess(data)
        return reading.text, reading.complaints
    reading = _guess(found.other)
    if _read(found.utf8, reading.encoding).plausibility > _read(found.utf8, "utf-8").plausibility:
        whole = _guess(data)
        return whole.text, whole.complaints
    parts: list[str] = []
    is_utf8 = True
    for line, kind in zip(found.lines, found.kinds, strict=True):
        is_utf8 = is_utf8 if kind is None else kind
        parts.append(line.decode("utf-8" if is_utf8 else reading.encoding, "replace"))
    return "".join(parts), reading.complaints


def _is_damaged_utf8(data: bytes) -> bool:
    """True for lines that are UTF-8 with a few invalid bytes."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    long = sum("\u07ff" < character not in "\ufeff\ufffd" for character in text)
    return wrong <= 2 * long and wrong * 3 <= _foreign(text)


def _guess(data: bytes) -> _Reading:
    """The most plausible decoding of bytes that are not UTF-8 and declare no encoding."""
    chinese = _most_chinese(data)
    kana = len(_KANA.findall(chinese.text[:_SAMPLE]))
    if chinese.plausibility >= _CHINESE and kana < _MUCH_KANA * _foreign(chinese.text[:_SAMPLE]):
        return chinese
    import chardet  # 30 ms, which an archive in UTF-8 never needs

    found = chardet.detect(data[:_SAMPLE])
    name = str(found["encoding"] or "").lower()
    reading = _read(data, _SUPERSETS.get(name, name)) if name else chinese
    sure = found["confidence"]
    is_frequent = sure < _SURE and bool(_FREQUENT.fullmatch(data))
    if (
        name
        and (sure >= _CONFIDENT or (is_frequent and reading.encoding == "gb18030"))
        and _is_right(reading)
    ):
        return _read(data, "gb18030") if is_frequent and _RARE_IN_KOREAN.match(data) else reading
    reason = f"its encoding is not declared, and no guess is plausible: {reading.encoding}"
    noise = Complaint(reason, ProblemKind.GUESS)
    return _Reading(reading.encoding, reading.text, [noise, *reading.complaints], reading.plausibility)


def _most_chinese(data: bytes) -> _Reading:
    encodings = ["gb18030", "big5hkscs", "utf-8"]
    if len(data) % 2 == 0:
        encodings += ["utf-16-le", "utf-16-be"]
    sample = data[:_SAMPLE]
    best = max(encodings, key=lambda encoding: _plausibility(sample.decode(encoding, "replace")))
    return _read(data, best)


def _read(data: bytes, encoding: str) -> _Reading:
    text, complaints = _replacing(data, encoding)
    return _Reading(encoding, text, complaints, _plausibility(text))


def _replacing(data: bytes, encoding: str) -> tuple[str, list[Complaint]]:
    text = data.decode(encoding, errors="replace")
    wrong = text.count("\ufffd")
    if not wrong:
        return text, []
    return text, [Complaint(f"{wrong} places are not valid {encoding} and were replaced by \ufffd")]


def _foreign(text: str) -> int:
    """Number of characters beyond ASCII."""
    return sum(character > "\x7f" for character in text)


def _plausibility(text: str) -> float:
    """Share of frequent Chinese characters among those beyond ASCII, minus the unreadable ones."""
    foreign = [character for character in text[:_SAMPLE] if character > "\x7f"]
    good = sum(character in _COMMON for character in foreign)
    bad = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in foreign)
    return (good - 3 * bad) / max(1, len(foreign))
