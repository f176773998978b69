"""How far a sweep of `tgs.eval` is, and its table so far: read from its folder, whichever launcher runs it."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tgs.command_line import parser_of, run
from tgs.errors import DataError

if TYPE_CHECKING:
    from omegaconf import DictConfig

SWEEPS = Path("runs/sweep")
SILENT_S = 600.0
"""A job that has logged nothing for so long is no longer said to run."""

_EXAMPLES = """examples:
  python -m tgs.eval +sweep=thresholds_grid &
  python -m tgs.sweep --watch 30           # the newest one, until it ends
  python -m tgs.sweep runs/sweep/2026-11-26_22-30-23.436468

A sweep that was killed goes on with the command that began it: finished rows are not made again.
"""


class State(StrEnum):
    """Of a job."""

    waiting = "waiting"
    running = "running"
    silent = "silent"  # it began, left no result, and has logged nothing for `SILENT_S`
    failed = "failed"  # or the sweep has ended without it
    done = "done"


@dataclass(frozen=True)
class Job:
    """One row to be.

    Attributes:
        overrides: of the command line, that of its own and those that all have.
        state: see `State`.
        told: the last line of its log, or why it failed.
    """

    overrides: Sequence[str]
    state: State
    told: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Look, tell; with --watch again and again until no job is left to wait for.

    Raises:
        DataError: there is no such sweep.
    """
    asked = _parser().parse_args(arguments)
    folder = asked.folder or newest(SWEEPS)
    while True:
        jobs = jobs_of(folder)
        show(folder, jobs)
        if asked.watch is None or not any(job.state in (State.waiting, State.running) for job in jobs):
            return
        time.sleep(asked.watch)


def newest(sweeps: Path) -> Path:
    """The sweep that began last.

    Raises:
        DataError: there is none.
    """
    begun = sorted(sweeps.glob("*/multirun.yaml"), key=lambda path: path.stat().st_mtime)
    if not begun:
        raise DataError(f"{sweeps} holds no sweep: begin one with `python -m tgs.eval -m ...`, or name its folder.")
    return begun[-1].parent


def jobs_of(folder: Path, now_s: float | None = None) -> list[Job]:
    """Every job of a sweep, in order.

    Args:
        folder: of the sweep.
        now_s: seconds since 1970; None asks the clock.
    Raises:
        DataError: the folder is no sweep's.
    """
    from omegaconf import OmegaConf

    if not (folder / "multirun.yaml").is_file():
        raise DataError(f"{folder} is no sweep's folder: it has no multirun.yaml.")
    ended = (folder / "table.md").is_file()
    planned = planned_jobs(OmegaConf.load(folder / "multirun.yaml"))  # type: ignore[arg-type]
    now_s = time.time() if now_s is None else now_s
    return [_job(folder / str(number), overrides, ended, now_s) for number, overrides in enumerate(planned)]


def planned_jobs(sweep: DictConfig) -> list[list[str]]:
    """Overrides of every job, as Hydra's own sweeper makes them of a sweep's settings."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    params = [f"{key}={value}" for key, value in (sweep.hydra.sweeper.params or {}).items()]
    parsed = OverridesParser.create().parse_overrides([*params, *sweep.hydra.overrides.task])
    return BasicSweeper.split_arguments(parsed, None)[0]


def _job(folder: Path, overrides: Sequence[str], ended: bool, now_s: float) -> Job:
    logs = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
    lines = logs[-1].read_text(encoding="utf-8", errors="replace").splitlines() if logs else []
    told = lines[-1] if lines else ""
    if (folder / "result.json").is_file():
        return Job(overrides, State.done)
    if (folder / "failed.json").is_file():
        return Job(overrides, State.failed, json.loads((folder / "failed.json").read_text())["error"])
    if ended:
        return Job(overrides, State.failed, told)
    if not folder.is_dir():
        return Job(overrides, State.waiting)
    heard_s = (logs[-1] if logs else folder).stat().st_mtime
    return Job(overrides, State.running if now_s - heard_s < SILENT_S else State.silent, told)


def show(folder: Path, jobs: Sequence[Job]) -> None:
    """Print the jobs that are not done, how many are, and the table of those."""
    from omegaconf import OmegaConf
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from tgs.report.page import WIDTH, Page
    from tgs.report.records import finished

    console, common = Console(width=WIDTH), set.intersection(*(set(job.overrides) for job in jobs))
    left = [(number, job) for number, job in enumerate(jobs) if job.state is not State.done]
    if left:
        table = Table("job", "settings", "", "last words", box=None)
        for number, job in left:
            own = " ".join(word for word in job.overrides if word not in common)
            table.add_row(str(number), escape(own), job.state, escape(job.told))
        console.print(table)
    counts = ", ".join(f"{sum(job.state is state for job in jobs)} {state}" for state in State)
    console.print(f"{folder}: {counts} of {len(jobs)} jobs", markup=False, highlight=False)
    if folders := finished(folder):
        from tgs.config.table import TableConfig

        merged = OmegaConf.merge(OmegaConf.structured(TableConfig), OmegaConf.load(folder / "multirun.yaml").table)
        Page.of(OmegaConf.to_object(merged), folders).show()  # type: ignore[arg-type]


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("tgs.sweep", __doc__, _EXAMPLES)
    parser.add_argument("folder", nargs="?", type=Path, help=f"of the sweep; the newest below {SWEEPS} if left out")
    parser.add_argument("--watch", type=float, metavar="SECONDS", help="look again and again until nothing is to come")
    return parser


if __name__ == "__main__":
    run(main)
