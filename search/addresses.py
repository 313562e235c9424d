"""Pasted addresses: the spellings of an address under which an article may have it as its source."""

from __future__ import annotations

import re
from itertools import product
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
# Parameters that say where a reader comes from, not what is read.
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|spm|share_\w+", re.IGNORECASE)
_PATH = "/:@!$&'()*+,;=~-._"


def source_spellings(text: str) -> tuple[str, ...]:
    """The spellings of the address that a query consists of; none for another query. They differ in the
    scheme, in `www.`, in a slash at the end, in escapes, and in parameters of tracking.

    >>> source_spellings("https://example.org/a")[:2]
    ('https://example.org/a', 'https://example.org/a/')
    >>> source_spellings("see https://example.org/a")
    ()
    """
    typed = text.strip()
    if not _ADDRESS.fullmatch(typed):
        return ()
    try:
        parts = urlsplit(typed)
        parameters = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:  # [ without ]
        return ()
    kept = urlencode([(name, value) for name, value in parameters if not _TRACKING.fullmatch(name)])
    host = parts.netloc.lower()
    other = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
    bare = parts.path.rstrip("/")
    paths = (parts.path, f"{bare}/" if parts.path == bare else bare)
    escaped = [
        *paths,
        *(quote(unquote(path), safe=_PATH) for path in paths),
        *(unquote(path) for path in paths),
    ]
    found = (
        f"{scheme}//{name}{path}{f'?{query}' if query else ''}"
        for query, scheme, name, path in product(
            (parts.query, kept) if kept != parts.query else (kept,),
            dict.fromkeys((f"{parts.scheme.lower()}:", "https:", "http:", "")),
            (host, other),
            dict.fromkeys(escaped),
        )
    )
    return (typed, *(each for each in dict.fromkeys(found) if each != typed))
