"""The stored form of articles: their text and HTML compressed, and a digest of the whole.

Texts are compressed as UTF-16: Han characters take two bytes there and three in UTF-8, which is a tenth more
to store and takes longer to unpack. The HTML of an article is compressed with its text as the dictionary,
since it says the same again: a third is left of what it would take. Both are in zlib's format.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from isal import isal_zlib

from index.article import Article, article_digest

_ENCODING = "utf-16-le"
# A search reads twenty texts, and a page one HTML. Of level 0, texts take 15% more bytes, a quarter of the
# time to pack and three quarters of it to unpack.
_LEVEL_OF_TEXTS, _LEVEL_OF_HTML = 0, 1
# Bytes of text that are the dictionary: deflate looks back 32,768, and HTML is longer than its text.
_DICTIONARY = 24_000
# Bytes of the text or HTML of an article, unpacked; that of a file is bounded by `max_file_mb`.
_MOST = 500_000_000
# Bits of the window of zlib's format, and the bit of its second byte that says that there is a dictionary.
_WINDOW, _HAS_DICTIONARY = 15, 0x20


@dataclass(frozen=True, slots=True)
class PackedArticle:
    """An article in stored form. Worker processes pack, so that compression runs in parallel."""

    article: Article  # without its text and html
    text: bytes
    html: bytes
    digest: bytes

    def unpacked(self) -> Article:
        """The whole article."""
        text = unpack_text(self.text)
        return replace(self.article, text=text, html=unpack_html(self.html, text))


def pack(article: Article) -> PackedArticle:
    """The stored form of an article."""
    return PackedArticle(
        article=replace(article, text="", html=""),
        text=pack_text(article.text),
        html=_pack_html(article.html, article.text),
        digest=article_digest(article),
    )


def pack_text(text: str) -> bytes:
    """The stored form of a text; nothing of an empty one."""
    return isal_zlib.compress(text.encode(_ENCODING), _LEVEL_OF_TEXTS) if text else b""


def _pack_html(html: str, text: str) -> bytes:
    if not html or not text:
        return isal_zlib.compress(html.encode(), _LEVEL_OF_HTML) if html else b""
    dictionary = text.encode(_ENCODING)[:_DICTIONARY]
    packing = isal_zlib.compressobj(_LEVEL_OF_HTML, zlib.DEFLATED, _WINDOW, zdict=dictionary)
    return bytes(packing.compress(html.encode(_ENCODING)) + packing.flush())


def unpack_text(packed: bytes) -> str:
    """The text in a stored form. Raises ValueError where that is damaged."""
    return _unpacked(packed).decode(_ENCODING) if packed else ""


def unpack_html(packed: bytes, text: str) -> str:
    """The HTML of the article with this text. That of articles without text, and of older indexes, was
    compressed by itself. Raises ValueError where the stored form is damaged."""
    if not packed:
        return ""
    if not packed[1:2] or not packed[1] & _HAS_DICTIONARY:
        return _unpacked(packed).decode()
    return _unpacked(packed, text.encode(_ENCODING)[:_DICTIONARY]).decode(_ENCODING)


def _unpacked(packed: bytes, dictionary: bytes = b"") -> bytes:
    unpacking = isal_zlib.decompressobj(_WINDOW, zdict=dictionary)
    try:
        found = unpacking.decompress(packed, _MOST)
    except isal_zlib.error as error:  # type: ignore[misc]  # its stub names an instance
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("it is cut off, or too large")
    return bytes(found)
