"""The Whoosh engine, the reference.

engine.py        the engine and its writer
evaluation.py    trees of `whoosh.query` → the scores of documents
permissions.py   its files are pickles: nobody else may write them
"""
