"""A search for a published site: pieces that any static host serves, and a script that searches them.

    articles  ── terms.py ────▶ terms of a segment, each with its postings
    terms     ── postings.py ─▶ blocks of bits
    articles  ── records.py ──▶ a record each: what a hit shows, and its text
    all       ── writer.py ───▶ pieces named by their contents, the core, and the manifest
              ── folder.py ───▶ written into a folder, what is no longer needed removed

The script (`script/`, joined in the order of `page.SCRIPTS`) repeats analysis, queries and scores of souwen:
the same folding, units, words and weights. docs/site.md tells what it leaves out.
"""
