"""The browser's and the API's door. Imports `search` and `index` only."""
