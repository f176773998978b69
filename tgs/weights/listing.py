"""What a config needs as a table, and below it the commands that get or make what is not there."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tgs.weights.catalogue import CATALOGUE, WEIGHTS, Weights, entry_of, told_size
from tgs.weights.examine import Found, State, part_of_zoo, size_of

WIDTH = 160
"""Characters of a printed table: a log has no width of its own."""

COLOUR = {State.fits: "green", State.shipped: "green", State.there: "yellow", State.unlisted: "yellow"}
OFF = (State.missing, State.unfit, State.changed)
"""With one of these, not everything is there that a run needs."""


@dataclass(frozen=True)
class Row:
    """Weights that are got and kept as one.

    Attributes:
        place: a file or folder.
        parts: the settings that name it.
        state: the worst of what was found there.
        told: what is wrong, each once.
        entry: of the catalogue, if there is one.
        shipped: whether it is a part of the zoo.
    """

    place: Path
    parts: tuple[str, ...]
    state: State
    told: tuple[str, ...]
    entry: Weights | None
    shipped: bool

    @property
    def off(self) -> bool:
        """Whether a run would stop at it."""
        return self.state in OFF


def rows_of(found: Iterable[Found], root: Path, zoo: Path) -> list[Row]:
    """Put together what is of one entry of the catalogue, or of one part of the zoo.

    Args:
        found: see `examine`.
        root: paths.weights.
        zoo: folder of the shipped weights.
    """
    groups: dict[Path, list[Found]] = {}
    for one in found:
        if one.part != "thinker" or one.state is not State.fits:  # the thinker as a whole is no weights of its own
            groups.setdefault(_home(one.place, root, zoo), []).append(one)
    return [_row(place, group, root, zoo) for place, group in groups.items()]


def _home(place: Path, root: Path, zoo: Path) -> Path:
    """The folder or file to which a place belongs."""
    if (entry := entry_of(place, root)) is not None:
        return root / entry.place
    part = part_of_zoo(place, zoo)
    return place if part is None else zoo / part


def _row(place: Path, group: Sequence[Found], root: Path, zoo: Path) -> Row:
    order = list(State)
    state = max((one.state for one in group), key=order.index)
    if state is State.missing and place.exists():
        state = State.unfit  # a folder that lacks some of its files
    parts = tuple(dict.fromkeys(one.part for one in group if one.part != "zoo"))
    told = tuple(dict.fromkeys(one.told for one in group if one.told and one.state is not State.shipped))
    return Row(place, parts, state, told, entry_of(place, root), part_of_zoo(place, zoo) is not None)


def show(rows: Sequence[Row], root: Path) -> None:
    """Print the table, what is wrong, which files are not the published ones, and the commands."""
    console = Console(width=WIDTH)
    console.print(table(rows))
    plain = Console(width=WIDTH, soft_wrap=True, markup=False, highlight=False)
    for row in rows:
        if row.state is not State.missing or row.entry is None:
            for told in row.told:
                plain.print(f"{row.place}: {told}")
        for told in unlike_published(row, root):
            plain.print(f"note: {told}")
    for line in commands(rows, root):
        plain.print(line)


def table(rows: Sequence[Row]) -> Table:
    """A row each; sizes are of what is there, or of what is published."""
    drawn = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), expand=True)
    for name in ("weights", "needed by", "where", "", "size", "licence", "gated", "from"):
        drawn.add_column(name, overflow="fold")
    for column, share in ((0, 4), (2, 6), (7, 7)):
        drawn.columns[column].ratio = share
    for row in rows:
        drawn.add_row(*map(escape, (_name(row), ", ".join(row.parts), str(row.place))),
                      f"[{COLOUR.get(row.state, 'red')}]{row.state}[/]", *map(escape, _facts(row)))  # fmt: skip
    return drawn


def _name(row: Row) -> str:
    if row.shipped:
        return f"{row.place.name}, tiny"
    return row.entry.what if row.entry else row.place.name


def _facts(row: Row) -> tuple[str, str, str, str]:
    """Size, licence, whether gated, source."""
    there = told_size(size_of(row.place)) if row.place.exists() else None
    if row.shipped:
        return there or "", "Apache-2.0", "no", "shipped with tgs"
    if (entry := row.entry) is None:
        return there or "", "", "", "not in the catalogue"
    if entry.page is None:
        return there or "", "", "", "made: see below" if row.off else "made"
    source = f"hub: {entry.repository}" if entry.repository else entry.page.removeprefix("https://")
    return there or told_size(entry.size), entry.licence or "not known", "yes" if entry.gated else "no", source


def wanted(rows: Iterable[Row], root: Path) -> list[Weights]:
    """Entries of what is off, each after those that it is made of and that are not there."""
    entries: dict[str, Weights] = {}

    def want(entry: Weights) -> None:
        for place in entry.of:
            if not (root / place).exists():
                want(CATALOGUE[place])
        entries.setdefault(entry.place, entry)

    for row in rows:
        if row.off and row.entry is not None:
            want(row.entry)
    return list(entries.values())


def commands(rows: Iterable[Row], root: Path) -> list[str]:
    """Lines for a shell, in the order in which they work; what a person must do is behind a `#`."""
    lines = []
    for entry in wanted(rows, root):
        lines.append(f"# {entry.place}: {entry.what}")
        if entry.gated:
            lines.append(f"# accept its licence at {entry.page}, then log in to that account: hf auth login")
        if entry.repository is not None:
            patterns = " ".join(f"--include {shlex.quote(pattern)}" for pattern in entry.files)
            place = WEIGHTS if entry.is_file else f"{WEIGHTS}/{entry.place}"
            lines.append(f"hf download {entry.repository} {patterns} --local-dir {place}")
        lines += entry.steps
    return [line.replace(WEIGHTS, shlex.quote(str(root))) for line in lines]


def unlike_published(row: Row, root: Path) -> list[str]:
    """Files that are there with another digest than the published ones have. They may fit nevertheless."""
    if row.entry is None:
        return []
    told = []
    for name, published in row.entry.sha256.items():
        file = root / name if row.entry.place == name else row.place / name
        if file.is_file() and (own := _sha256(file)) != published:
            told.append(f"{file} is not the published file: its sha256 is {own}, the published one's {published}")
    return told


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
