"""How the cost of each stage grows with what it is given, against the first size; the plain way grows in proportion."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import clips
import numpy as np
import thoughts
from rich.table import Table

from tgs.types import Clip


@dataclass(frozen=True)
class Growth:
    """One line.

    Attributes:
        what: is done.
        by: what it grows with.
        sizes: of that, rising.
        run: does it, at a size.
    """

    what: str
    by: str
    sizes: Sequence[int]
    run: Callable[[int], object]

    def costs(self, rounds: int = 3) -> list[float]:
        """CPU time at every size over that at the first, the best of some rounds in which the sizes take turns."""
        self.run(self.sizes[-1])
        spent = [[_spent(self.run, size) for size in self.sizes] for _ in range(rounds)]
        best = np.min(spent, axis=0)
        return [float(one) for one in best / best[0]]


def _spent(run: Callable[[int], object], size: int) -> float:
    begun = time.process_time()
    run(size)
    return time.process_time() - begun


def lines() -> list[Growth]:
    """At scale tiny, on a few clips of stickers."""
    base = clips.config("prompt=simple")
    row = clips.Row.of(base, None)
    thinker, grounder, segmenter = row.agent.thinker.model, row.agent.grounder.model, row.agent.segmenter.model  # type: ignore[union-attr]
    works = [work for batch in row.data.predict_dataloader() for work in batch]
    one = works[0].footage.clip
    film_NHWC = np.concatenate([work.footage.clip.frames_NHWC for work in works])
    shown = [work.footage.clip for work in works[: thoughts.CLIPS]]
    words = ["dog", "cat", "drum", "guitar", "bird", "bell", "horse", "car"]
    box_14 = np.array([[40.0, 30.0, 160.0, 120.0]], np.float32)

    def think(clip_list: Sequence[Clip], references: int) -> None:
        features = [thinker.encode([clip]) for clip in clip_list]
        thinker.think_features(features, [thoughts.TEXTS[:references]] * len(clip_list))

    def outline(frames_NHWC: np.ndarray, references: int) -> None:
        segmenter.segment(frames_NHWC, [[box_14 + n] * len(frames_NHWC) for n in range(references)])

    def evaluate(count: int) -> None:
        fresh = clips.Row.of(base, None, limit_clips=count)
        fresh.evaluate.agent = row.agent
        fresh.run()

    store = Path(tempfile.mkdtemp(dir=clips.folder()))
    clips.Row.of(base, store).run()

    def sweep(rows: int) -> None:
        for n in range(rows):
            settings = base.copy()
            settings.thresholds.box = 0.1 + n / 1000
            clips.Row.of(settings, store).run()

    return [
        Growth(f"thoughts, {len(shown)} clips", "references a clip", (1, 2, 4, 8, 16, 32), lambda n: think(shown, n)),
        Growth("thoughts, 8 references a clip", "clips", (1, 2, 4), lambda n: think(shown[:n], 8)),
        Growth("detector, one text", "frames", (1, 5, 10, 20, 40), lambda n: grounder.detect(film_NHWC[:n], words[:1])),
        Growth("detector, 10 frames", "texts", (1, 2, 4, 8), lambda n: grounder.detect(one.frames_NHWC, words[:n])),
        Growth("masks, one reference", "frames", (1, 5, 10, 20, 40), lambda n: outline(film_NHWC[:n], 1)),
        Growth("masks, 10 frames", "references", (1, 2, 4, 8, 16), lambda n: outline(one.frames_NHWC, n)),
        Growth("evaluation", "clips", (1, 2, 4, 8), evaluate),
        Growth("rows of a sweep, another threshold each", "rows", (1, 5, 25), sweep),
    ]


def table() -> Table:
    """Measured now."""
    printed = Table("cost of", "by", "sizes, and what each costs of the first", title="Growth")
    for line in lines():
        costs = ", ".join(f"{size}: {cost:.2g}" for size, cost in zip(line.sizes, line.costs(), strict=True))
        printed.add_row(line.what, line.by, costs)
    return printed
