"""The tantivy engine.

engine.py     the engine and its writer
compiler.py   trees of `whoosh.query` → queries of tantivy
"""
