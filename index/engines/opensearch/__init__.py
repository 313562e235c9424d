"""An index on an OpenSearch cluster: what `index/engines/opensearch/engine.py` is made of.

place.py        which index on which cluster a directory stands for
cluster.py      where the cluster is, how it is spoken to, and what its errors mean
generations.py  an index a generation behind an alias: made, made live, removed
mapping.py      what is indexed of a document, and how; an article as it is kept
compiler.py     trees of `whoosh.query` → the query language of OpenSearch
reading.py      answers that are of all shards; lists longer than a page, as of one moment
writer.py       documents in bulk, with retries that neither lose nor repeat any
articles.py     articles, read from where they are kept
carry.py        what other machines indexed, taken along by a rebuild
"""
