"""Every speed claim of tgs, measured now: `make bench`. Ratios are of CPU time on one thread, in one run.

Then how cost grows, how near the stages come to what the processor can do, and how long a start takes. With settings of
a training, the thinker's claims only: `make bench BENCH="scale=small paths.weights=DIR thinker.chat=false"`.
"""

from __future__ import annotations

import sys

import evaluation
import f_curve
import growth
import machine
import phase2
import roofline
import stages
import start
import thoughts
import torch
from claim import Claim, measure
from rich.console import Console
from rich.progress import track
from rich.table import Table

WIDTH = 190


def main(settings: list[str]) -> None:
    """Measure, print; each part as soon as it is there."""
    torch.set_num_threads(1)
    console = Console(width=WIDTH)
    console.print(machine.sentence())
    of_tiny = [] if settings else [*f_curve.claims(), *stages.claims(), *evaluation.claims()]
    console.print(claimed([*of_tiny, *phase2.claims(settings), *thoughts.claims(settings)], console))
    if not settings:
        console.print(growth.table())
        console.print(roofline.table())
        console.print(start.sentence())


def claimed(claims: list[Claim], console: Console) -> Table:
    """A line a claim."""
    table = Table("what", "plain way", title="Claims")
    for heading in ("plain", "ours", "ratio", "at least", "largest difference", "peak MB", "verdict"):
        table.add_column(heading, justify="right")
    for claim in track(claims, "claims", console=console):
        found = measure(claim)
        wanted = "-" if claim.at_least is None else f"{claim.at_least:g} x"
        peaks = ", ".join("-" if one is None else f"{one:.0f}" for one in (found.plain_mb, found.ours_mb))
        table.add_row(
            claim.what, claim.plain_name, f"{1e3 * found.plain_s:.1f} ms", f"{1e3 * found.ours_s:.2f} ms",
            f"{found.ratio:.3g} x", wanted, f"{found.difference:.0e}", peaks, found.verdict,
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
