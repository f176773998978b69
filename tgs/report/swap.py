"""What each stage costs: a run beside the same with the truth in place of Think, and of Think and Ground.

    lost to Think    = with the true name - as run
    lost to Ground   = with the true box - with the true name
    lost to Segment  = 1 - with the true box

of J&F, or of 1 - S where nobody fits, so that the three add up to all that a reference, or a split, lacks. A single
loss may be negative: a wrong name can find the right box, and T_f can tell two of a kind apart, which their true name
cannot. Segment's loss holds what a protocol denies even true masks: it may resize truth and prediction differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tgs.metrics.bootstrap import Resampled
from tgs.metrics.score import Score
from tgs.report.grid import Grid
from tgs.report.results import Evaluation
from tgs.report.tables import HEADINGS, cell, told
from tgs.types import Measure

STAGES = ("Think", "Ground", "Segment")

LOST = (Measure.seen, Measure.unseen, Measure.mix, Measure.null_s, Measure.val, Measure.val_s)
"""The numbers of which stages take their part."""


@dataclass(frozen=True, eq=False)
class Swap:
    """Three evaluations of the same references, in csv order.

    Attributes:
        run: whose losses these are.
        name: the same with the true category for the detector.
        box: the same with the true box for the segmenter.
    """

    run: Evaluation = field(repr=False)
    name: Evaluation = field(repr=False)
    box: Evaluation = field(repr=False)

    def losses(self) -> NDArray[np.float64]:
        """loss_K3 of every reference, by stage; a row sums to 1 - `worth` of the run's score."""
        scores = (self.run.scores, self.name.scores, self.box.scores)
        worth_K4 = [[*map(worth, of_one), 1.0] for of_one in zip(*scores, strict=True)]
        return np.diff(np.array(worth_K4, np.float64).reshape(-1, 4), axis=1)

    def numbers(self) -> dict[Measure, tuple[Resampled, Resampled, Resampled]]:
        """The tables' numbers as run, with the true name and with the true box; pooled by the protocol."""
        each = [evaluation.numbers() for evaluation in (self.run, self.name, self.box)]
        return {
            measure: tuple(numbers[measure] for numbers in each)  # type: ignore[misc] - three of them
            for measure in LOST
            if measure in each[0]
        }


def worth(score: Score) -> float:
    """J&F of a reference, or 1 - S."""
    return 1 - score.S if score.S is not None else score.JF  # type: ignore[return-value] - one of both is there


def stage_losses(measure: Measure, chain: tuple[Resampled, Resampled, Resampled]) -> list[Resampled]:
    """By stage, of one number of the tables with its resamples; see the head of this file.

    Args:
        measure: S is turned over first, for less of it is better.
        chain: as run, with the true name, with the true box.
    """
    run, name, box = (1.0 - number if measure.is_s else number for number in chain)
    return [name - run, box - name, 1.0 - box]


def swap_grid(numbers: Mapping[Measure, tuple[Resampled, Resampled, Resampled]]) -> Grid:
    """One line per number of the tables."""
    lines = [
        [
            HEADINGS[measure],
            *(told(number.value, measure) for number in chain),
            *(cell(loss, measure) for loss in stage_losses(measure, chain)),
        ]
        for measure, chain in numbers.items()
    ]
    columns = ["", "as run", "true name", "true box", *(f"lost to {stage}" for stage in STAGES)]
    notes = [
        "The truth takes the place of one stage after the other; losses add up to what lacks to 100 of J&F, or to 0 "
        "of S. Brackets: 95% bootstrap intervals over clips, paired.",
        "Segment's loss holds what the protocol denies even true masks.",
    ]
    return Grid(columns, lines, "What each stage costs", notes)
