"""The OpenSearch engine: an index on a cluster.

engine.py       the engine
state.py        the address, index and writer id of an index directory
client.py       addresses, connections, and errors of a cluster
generations.py  an index a generation behind an alias: made, made live, removed
mapping.py      what is indexed of a document, and how; an article as it is kept
compiler.py     trees of `whoosh.query` → the query language of OpenSearch
queries.py      answers that are of all shards; lists longer than a page, as of one moment
writer.py       documents in bulk, with retries that neither lose nor repeat any
articles.py     articles, read from where they are kept
copy_foreign.py documents of other machines, copied by a rebuild
"""
