"""How far long work has come: a moving bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tgs.processes import first_process

log = logging.getLogger("tgs")

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and of how many."""


@contextmanager
def shown() -> Iterator[Progress]:
    """A function that shows on stderr what it is told; of several processes the first one shows."""
    if not first_process():
        yield lambda what, done, total: None
        return
    if not sys.stderr.isatty():
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


class Lines:
    """Logs how many are done and the time left, at most once in `every_s` seconds."""

    def __init__(self, every_s: float = 15.0) -> None:
        self.every_s = every_s
        self.what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tell when it is time; the clock of a new `what` starts with what is done of it then."""
        at = time.monotonic()
        if what != self.what:
            self.what, self.first, self.begun, self.told = what, done, at, at
        if at - self.told < self.every_s or done == self.first:
            return
        self.told = at
        left_s = (total - done) * (at - self.begun) / (done - self.first)
        log.info("%s %d/%d, %.1f min left", what, done, total, left_s / 60)
