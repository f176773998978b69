"""A table before it is printed: texts in rows and columns, shown on a console or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Grid:
    """Texts of a table.

    Attributes:
        columns: headings.
        rows: one text per column.
        title: stands above; may be empty.
        notes: sentences that stand below.
        words: the first so many columns are words, set to the left; all others are numbers.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    notes: Sequence[str] = ()
    words: int = 1

    def without_empty(self) -> Grid:
        """The columns in which any row has something to say."""
        kept = [index for index in range(len(self.columns)) if any(row[index] not in ("", "-") for row in self.rows)]
        words = sum(index < self.words for index in kept)
        columns = [self.columns[index] for index in kept]
        return Grid(columns, [[row[index] for index in kept] for row in self.rows], self.title, self.notes, words)

    @property
    def width(self) -> int:
        """Characters that its columns need on a console: cells are padded by one on either side, and ruled."""
        texts = [self.columns, *self.rows] if self.rows else []
        return sum(max(map(len, column)) + 3 for column in zip(*texts, strict=True)) + 1

    def console(self) -> Table | Text:
        """For rich to print."""
        if not self.rows:
            return Text("\n".join([self.title, *self.notes]))
        table = Table(title=escape(self.title) or None, caption=escape("\n".join(self.notes)), caption_justify="left")
        for index, column in enumerate(self.columns):
            if index < self.words:
                table.add_column(escape(column), justify="left", overflow="fold")
            else:
                table.add_column(escape(column), justify="right", no_wrap=True)
        for row in self.rows:
            table.add_row(*(escape(text) for text in row))
        return table

    def markdown(self) -> str:
        """For experiments/ and a sweep's folder."""
        rule = ["---" if index < self.words else "---:" for index in range(len(self.columns))]
        lines = [_line(self.columns), f"|{'|'.join(rule)}|", *(_line(row) for row in self.rows)]
        title = f"**{self.title}**" if self.title else ""
        parts = [title, "\n".join(lines) if self.rows else "", "\n".join(self.notes)]
        return "\n\n".join(part for part in parts if part)


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |"
