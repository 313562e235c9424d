"""The command line: `souwen`. Imports `index`, `search` and `web.settings`; `serve` alone imports the rest
of `web`."""
