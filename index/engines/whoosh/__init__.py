"""An index of Whoosh: what `index/engines/whoosh/engine.py` is made of.

evaluation.py   trees of `whoosh.query` → the scores of documents
ownership.py    its files are pickles, and must be nobody else's
"""
