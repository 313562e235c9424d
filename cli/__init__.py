"""The terminal's door: the command `souwen`. Imports `index` and `search`; `serve` alone imports `web`."""
