"""A table with all that belongs to it: the article's claims and numbers, the command, the versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tgs.config.table import TableConfig
from tgs.report.claims import claims_grid, judge
from tgs.report.differences import differences_grid
from tgs.report.grid import Grid
from tgs.report.provenance import Made, versions
from tgs.report.published import published, published_grid
from tgs.report.results import Evaluation, read_rows
from tgs.report.tables import main_grid

WIDTH = 160
"""Characters of a printed table, if it needs no more: a log has no width of its own."""

FINDING = "**Finding.**"
"""Begins what a person has written under a page; it outlives a new table."""


@dataclass(frozen=True)
class Page:
    """One table and its surroundings.

    Attributes:
        table: its question, and what stands beside it.
        evaluations: ours, at least one.
        grids: ours; the differences, if asked for; the claims, if there are any; the article's numbers, if named.
    """

    table: TableConfig
    evaluations: Sequence[Evaluation]
    grids: Sequence[Grid]

    @classmethod
    def of(cls, table: TableConfig, folders: Iterable[Path]) -> Page:
        """Made from the folders of finished evaluations.

        Raises:
            DataError: see `tgs.report.results.read`.
            ConfigError: the article has no such table.
        """
        rows = read_rows(folders)
        grids = [main_grid(rows)]
        if table.against:
            grids.append(differences_grid(rows, table.against))
        if table.claims:
            grids.append(claims_grid([judge(claim, rows) for claim in table.claims]))
        if table.published:
            grids.append(published_grid(published(table.published), {row.setting("benchmark") for row in rows}))
        return cls(table, [evaluation for row in rows for evaluation in row.evaluations], grids)

    def show(self) -> None:
        """Print to the console."""
        console = Console(width=max(WIDTH, *(grid.width for grid in self.grids)))
        for grid in self.grids:
            console.print(grid.console())
        if self.table.note:
            console.print(self.table.note, markup=False, highlight=False)

    def markdown(self, made: Made) -> str:
        """The whole page."""
        question = f"**Question.** {self.table.question}" if self.table.question else ""
        parts = [
            f"# {self.table.title or self.table.name or 'Evaluations'}",
            question,
            f"**Command.** {made.sentence()}",
            *(grid.markdown() for grid in self.grids),
            self.table.note,
            f"**Versions.** {' '.join(versions(self.evaluations))}",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"

    def write(self, path: Path, made: Made) -> None:
        """Write the page; what stands below, from its finding on, is kept."""
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        finding = f"\n{before[before.index(FINDING) :]}" if FINDING in before else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.markdown(made) + finding, encoding="utf-8", newline="\n")
