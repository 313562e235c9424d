"""The web interface: pages and the JSON API. Imports `search` and `index` only."""
