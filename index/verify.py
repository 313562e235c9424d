"""Whether index, catalog and files agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from whoosh import query

from index.reader import OpenIndex
from index.scan import removed_paths, scan

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Findings:
    """Where they don't agree: article ids, and paths of files as the catalog knows them.

    `missing_files` and `changed_files` were removed or changed since the last run: what the next run of
    `souwen index` mends. The others need `--rebuild`.
    """

    articles: int
    documents: int
    not_in_engine: tuple[str, ...]
    not_in_catalog: tuple[str, ...]
    unsettled: bool
    missing_files: tuple[str, ...]
    changed_files: tuple[str, ...]
    new_files: tuple[str, ...]
    missing_folders: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Whether there is nothing to mend."""
        return not any(
            (
                self.not_in_engine,
                self.not_in_catalog,
                self.unsettled,
                self.missing_files,
                self.changed_files,
                self.new_files,
                self.missing_folders,
                self.articles != self.documents,
            )
        )

    def lines(self) -> Iterator[str]:
        """The findings for a person, with what to run."""
        yield f"{self.articles:,} articles in the catalog, {self.documents:,} documents in the engine."
        for what, found, mend in (
            ("articles that searches can't find", self.not_in_engine, "souwen index --rebuild"),
            ("documents without an article", self.not_in_catalog, "souwen index --rebuild"),
            ("folders that are gone", self.missing_folders, "souwen index --forget NAME, or mount them"),
            ("files that are gone", self.missing_files, "souwen index"),
            ("files that have changed", self.changed_files, "souwen index"),
            ("files that are new", self.new_files, "souwen index"),
        ):
            if found:
                yield f"{len(found):,} {what} (run: {mend}):"
                yield from (f"  {name}" for name in found[:_SHOWN])
                if len(found) > _SHOWN:
                    yield "  …"
        if self.unsettled:
            yield "A run was interrupted (run: souwen index)."
        if self.agree:
            yield "Index, catalog and files agree."


def verify(index: OpenIndex) -> Findings:
    """Compares the engine with the catalog, and the catalog with the files. Changes nothing."""
    in_catalog = index.catalog.ids()
    in_engine = index.engine.ids()
    roots = index.catalog.roots()
    there = {name: location for name, location in roots.items() if location.exists()}
    ledger = {path: known for path, known in index.catalog.files().items() if path.partition("/")[0] in there}
    found = scan(there, index.generation.path.parent)
    return Findings(
        articles=len(in_catalog),
        documents=index.engine.count(query.Every()),
        not_in_engine=tuple(sorted(in_catalog - in_engine)),
        not_in_catalog=tuple(sorted(in_engine - in_catalog)),
        unsettled=index.catalog.is_unsettled(),
        missing_files=tuple(sorted(removed_paths(ledger, found))),
        changed_files=tuple(
            path
            for path, file in found.files.items()
            if path in ledger and ledger[path].state.size >= 0 and ledger[path].state != file.state
        ),
        new_files=tuple(path for path in found.files if path not in ledger),
        missing_folders=tuple(str(location) for name, location in roots.items() if name not in there),
    )
