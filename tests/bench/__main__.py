"""Every speed claim of tgs, measured now: `make bench`. Ratios are of CPU time on one thread, in one run.

With settings of a training, the thinker's claims only:
`make bench BENCH="scale=small paths.weights=DIR thinker.chat=false"`.
"""

from __future__ import annotations

import sys

import evaluation
import f_curve
import phase2
import stages
import thoughts
import torch
from claim import measure
from rich.console import Console
from rich.table import Table


def main(settings: list[str]) -> None:
    """Measure, print."""
    torch.set_num_threads(1)
    table = Table("what", "plain way")
    for heading in ("plain", "ours", "ratio", "at least", "largest difference", "verdict"):
        table.add_column(heading, justify="right")
    of_tiny = [] if settings else [*f_curve.claims(), *stages.claims(), *evaluation.claims()]
    for claim in (*of_tiny, *phase2.claims(settings), *thoughts.claims(settings)):
        found = measure(claim)
        wanted = "-" if claim.at_least is None else f"{claim.at_least:g} x"
        table.add_row(
            claim.what, claim.plain_name, f"{1e3 * found.plain_s:.1f} ms", f"{1e3 * found.ours_s:.2f} ms",
            f"{found.ratio:.3g} x", wanted, f"{found.difference:.0e}", found.verdict,
        )  # fmt: skip
    Console(width=160).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
