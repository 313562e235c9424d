"""Articles in, an index out. Knows nothing of `search`, `web` or `cli`."""
