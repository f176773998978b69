"""The page that says where a run fails: what each stage costs, which failed how often, in which slices, named what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.config.table import TableConfig
from tgs.metrics.bootstrap import Resampled
from tgs.report.attribution import Fault, Label, fits_nobody
from tgs.report.confusion import confusion_grid, confusions, named
from tgs.report.grid import Grid
from tgs.report.page import Page
from tgs.report.slices import SLICINGS, Slicing, everything, size, slices
from tgs.report.swap import STAGES, Swap, swap_grid
from tgs.report.tables import HEADINGS, caveats, cell, coverage, told


@dataclass(frozen=True, eq=False)
class Attributed:
    """A run with what became of each reference.

    Attributes:
        swap: the run and its oracles.
        faults: per reference.
        loss_K3: per reference and stage.
    """

    swap: Swap
    faults: Sequence[Fault] = field(repr=False)
    loss_K3: NDArray[np.float64] = field(repr=False)

    @classmethod
    def of(cls, swap: Swap) -> Attributed:
        """From records that know the truth."""
        return cls(swap, [Fault.of(record) for record in swap.run.records], swap.losses())

    def page(self) -> Page:
        """All tables.

        Raises:
            DataError: a reference counts in no number of the tables.
        """
        run = self.swap.run
        grids = [swap_grid(self.swap.numbers()), self.labels(), self.slices(), confusion_grid(confusions(run.records))]
        title = f"Where prompt {run.origin['policy']} fails on {run.origin['benchmark']}"
        table = TableConfig(title=title, note=" ".join([coverage(run), *caveats([run])]))
        return Page(table, [run, self.swap.name, self.swap.box], [grid for grid in grids if grid.rows])

    def labels(self) -> Grid:
        """How many references each stage failed first, and what these lose to which stage."""
        by_label = Slicing([fault.label for fault in self.faults], list(Label))
        found = list(slices(self.swap.run, [by_label, everything(self.swap.run.records)]))
        of = {part.measure: len(part.positions) for part in found if part.name == "all"}
        lines = []
        for part in found:
            lost_3 = self.loss_K3[part.positions].sum(axis=0) / of[part.measure]
            count = len(part.positions)
            told_4 = [told(float(lost), part.measure) for lost in (lost_3.sum(), *lost_3)]
            lines.append(
                [HEADINGS[part.measure], part.name, f"{count}", f"{100 * count / of[part.measure]:.1f}", *told_4]
            )
        columns = ["", "failed first", "references", "%", "lost", *(f"to {stage}" for stage in STAGES)]
        notes = [
            "lost: points of J&F, or S, that these references take from the mean over all references of their line's "
            "number; protocols that pool references otherwise have slightly other totals above.",
            *self._lucky(),
        ]
        return Grid(columns, lines, "Which stage failed first", notes, words=2)

    def _lucky(self) -> list[str]:
        lucky = Counter(fault.in_spite_of for fault in self.faults if fault.in_spite_of is not None)
        each = ", ".join(f"{label} {lucky[label]}" for label in Label if label in lucky)
        return [f"Right, and counted as ok, although a stage failed: {each}."] if lucky else []

    def slices(self) -> Grid:
        """The run's numbers by slice, and what fails most there."""
        run = self.swap.run
        lines = []
        for part in slices(run, [slicing(run.records) for slicing in SLICINGS]):
            number: Resampled = run.at(part.positions).numbers()[part.measure]
            labels = [self.faults[index].label for index in part.positions]
            right = 100 * labels.count(Label.ok) / len(labels)
            first = [HEADINGS[part.measure], part.name, worst(labels)]
            lines.append([*first, f"{len(labels)}", cell(number, part.measure), f"{right:.1f}"])
        notes = [
            "right %: J at least 0.5, or S = 0. instances: objects of its category of which the clip's references "
            "speak. size: share of the pixels, by thirds of the references."
        ]
        columns = ["", "slice", "fails most by", "references", "J&F or S", "right %"]
        return Grid(columns, lines, "By slices", notes, words=3)

    def lines(self) -> Iterator[dict[str, Any]]:
        """One JSON-able dict per reference, in csv order."""
        run = self.swap.run
        for record, fault, loss_3 in zip(run.records, self.faults, self.loss_K3.tolist(), strict=True):
            yield {
                **{key: record[key] for key in ("uid", "row", "split", "kind", "category", "J", "F", "S")},
                "named": None if record["thought"] is None else named(record),
                "label": fault.label,
                "in_spite_of": fault.in_spite_of,
                "lost": dict(zip(STAGES, loss_3, strict=True)),
                "size": None if fits_nobody(record) else size(record),
            }

    def write_lines(self, path: Path) -> None:
        """Write `lines` to a file."""
        lines = [json.dumps(line, ensure_ascii=False) for line in self.lines()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def worst(labels: Sequence[Label]) -> str:
    """The most frequent failure, `wrong_name (12)`; of equals the earlier stage's."""
    failed = Counter(label for label in labels if label is not Label.ok)
    if not failed:
        return "-"
    most = max(failed, key=lambda label: (failed[label], -list(Label).index(label)))
    return f"{most} ({failed[most]})"
