"""An index of tantivy: what `index/engines/tantivy/engine.py` is made of.

compiler.py   trees of `whoosh.query` → queries of tantivy
"""
