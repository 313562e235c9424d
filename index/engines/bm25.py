"""BM25 as Lucene and tantivy compute it: constants, idf, and scores for the Whoosh engine.

Source: Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), in Lucene's
form (LUCENE-8563: idf without negative values); lengths in one byte as in Lucene's
`SmallFloat.intToByte4`, which tantivy's fieldnorm table repeats.
"""

from __future__ import annotations

import math

K1 = 1.2
B = 0.75

# Lengths below this are exact; 8 per doubling above (3 bits of mantissa).
_EXACT = 40
_FREE = 24


def idf(documents: int, with_term: int) -> float:
    """Inverse document frequency of a term that `with_term` of `documents` contain."""
    return math.log(1 + (documents - with_term + 0.5) / (with_term + 0.5))


def score(idf_sum: float, frequency: float, length: int, average_length: float) -> float:
    """The score of a term (or a phrase, with the sum of its terms' idf) in one field of a document.

    `length` is the field's number of tokens, as `stored_length` gives it.
    """
    norm = K1 * (1 - B + B * length / average_length)
    return idf_sum * (1 + K1) * frequency / (frequency + norm)


def stored_length(length: int) -> int:
    """The value of `length` after rounding to Lucene's one-byte form.

    >>> [stored_length(n) for n in (39, 41, 100, 1000)]
    [39, 40, 96, 984]
    """
    if length < _EXACT:
        return length
    rest = length - _FREE
    shift = max(0, rest.bit_length() - 4)
    return _FREE + ((rest >> shift) << shift)
