"""A query in, ranked results out. Imports `index` only."""
