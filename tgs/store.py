"""Look after the store, where every stage's output is kept: what it holds, whether it is whole, and how large it is."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tgs.command_line import parser_of, run
from tgs.errors import ConfigError, DataError

if TYPE_CHECKING:
    from rich.table import Table

    from tgs.pipeline.upkeep import StoredFile

FOLDER = Path("runs/store")
UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}

_EXAMPLES = """examples:
  python -m tgs.store stats
  python -m tgs.store verify --delete
  python -m tgs.store prune --budget 5GB

Others may read and write meanwhile. What is removed is made again by the next run that needs it.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Look, remove if asked to, tell.

    Raises:
        ConfigError: the budget is no size.
        DataError: there is no store, or something in it is wrong and stays.
    """
    asked = _parser().parse_args(arguments)
    if asked.action == "stats":
        stats(asked.folder)
    elif asked.action == "verify":
        verify(asked.folder, delete=asked.delete)
    else:
        prune(asked.folder, bytes_of(asked.budget))


def stats(folder: Path) -> None:
    """Print files, size and times of use by kind."""
    from tgs.pipeline.upkeep import files_of_store

    _print(_table(files_of_store(folder)))


def _table(files: Sequence[StoredFile]) -> Table:
    """A row for each kind, temporary files among its own, and one for all."""
    from rich import box
    from rich.table import Table

    kinds: dict[str, list[StoredFile]] = {}
    for file in files:
        kinds.setdefault(file.kind, []).append(file)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("kind")
    for heading in ("files", "size", "oldest use", "newest use"):
        table.add_column(heading, justify="right")
    for kind, own in kinds.items():
        table.add_row(kind, *_facts(own))
    table.add_section()
    table.add_row("all", *_facts(files))
    return table


def _facts(files: Sequence[StoredFile]) -> tuple[str, ...]:
    from rich.filesize import decimal

    used = sorted(file.used_s for file in files)
    times = (_told_time(used[0]), _told_time(used[-1])) if used else ("", "")
    return f"{len(files):,}", decimal(sum(file.size for file in files)), *times


def _told_time(at_s: float) -> str:
    """Local, to the minute: it is known to the hour."""
    from datetime import datetime

    return datetime.fromtimestamp(at_s).isoformat(" ", "minutes")


def verify(folder: Path, *, delete: bool) -> None:
    """Read every file; print what is wrong.

    Raises:
        DataError: something is, and it is not to be deleted.
    """
    from tgs.pipeline.upkeep import faults, files_of_store, remove
    from tgs.progress import shown

    files = files_of_store(folder)
    with shown() as progress:
        found = faults(files, progress)
    for fault in found:
        _print(f"{fault.path}: {fault.told}")
    if found and not delete:
        raise DataError(f"{len(found)} of {len(files)} files are wrong, see above: --delete removes them.")
    remove(fault.path for fault in found)
    _print(f"{len(files) - len(found)} files are whole" + (f", {len(found)} were removed" if found else ""))


def prune(folder: Path, budget: int) -> None:
    """Remove what was not used for longest, until the rest fits; print how much.

    Args:
        folder: the store's.
        budget: bytes that may stay.
    """
    from rich.filesize import decimal

    from tgs.pipeline.upkeep import files_of_store
    from tgs.pipeline.upkeep import prune as prune_files
    from tgs.progress import shown

    with shown() as progress:
        done = prune_files(files_of_store(folder), budget, progress)
    _print(f"removed: {done.files} files, {decimal(done.size)}; left: {done.files_left}, {decimal(done.size_left)}")


def bytes_of(size: str) -> int:
    """Bytes of a size as 500MB, 5GB or 1.5TB: powers of ten, as disks are sold.

    Raises:
        ConfigError: it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)", size)
    if found is None:
        raise ConfigError(f"--budget {size}: give a number and one of {', '.join(UNITS)}, as 500MB, 5GB or 1.5TB.")
    return round(float(found[1]) * UNITS[found[2]])


def _print(what: object) -> None:
    from rich.console import Console

    Console(soft_wrap=True, highlight=False, markup=False).print(what)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("tgs.store", __doc__, _EXAMPLES)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("stats", help="files, size, oldest and newest use, by kind")
    whole = actions.add_parser("verify", help="read everything: what is damaged, misplaced, or left by a killed writer")
    whole.add_argument("--delete", action="store_true", help="remove it; without, the exit code is 1 if there is any")
    small = actions.add_parser("prune", help="remove what was not used for longest, until the rest fits")
    small.add_argument("--budget", required=True, metavar="SIZE", help="what may stay, as 500MB, 5GB or 1.5TB")
    for action in actions.choices.values():
        action.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="default: %(default)s")
    return parser


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    run(main)
