"""How near a stage comes to what a thread can do: FLOP of its matrix products a second, against one large product."""

from __future__ import annotations

import time
from collections.abc import Callable

import clips
import numpy as np
import thoughts
import torch
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

SIDE = 1536
"""Of the square matrices whose product is the measure."""


def best_of(call: Callable[[], object], rounds: int = 3) -> float:
    """CPU seconds, after a warm-up."""
    call()
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        call()
        spent.append(time.process_time() - begun)
    return min(spent)


def table() -> Table:
    """Measured now, at scale tiny."""
    row = clips.Row.of(clips.config("prompt=simple"), None)
    thinker, grounder, segmenter = row.agent.thinker.model, row.agent.grounder.model, row.agent.segmenter.model  # type: ignore[union-attr]
    clip = next(iter(row.data.predict_dataloader()))[0].footage.clip
    frames_NHWC, texts = clip.frames_NHWC, thoughts.TEXTS[:8]
    features = thinker.encode([clip])
    box_14 = np.array([[40.0, 30.0, 160.0, 120.0]], np.float32)
    boxes = [[box_14 + n] * len(frames_NHWC) for n in range(8)]
    for model in (thinker, grounder, segmenter):
        model.requires_grad_(False)  # type: ignore[attr-defined]  # or the counter looks for gradients
    square = torch.rand(SIDE, SIDE)
    attainable = 2 * SIDE**3 / best_of(lambda: square @ square)
    stages: dict[str, Callable[[], object]] = {
        "encoders, a clip": lambda: thinker.encode([clip]),
        "thoughts, 8 references": lambda: thinker.think_features([features], [texts]),
        "detector, 10 frames, one text": lambda: grounder.detect(frames_NHWC, ["dog"]),
        "masks, 10 frames, 8 references": lambda: segmenter.segment(frames_NHWC, boxes),
    }
    printed = Table("stage", title=f"Roofline: one thread multiplies matrices at {attainable / 1e9:.0f} GFLOP/s")
    for heading in ("GFLOP", "GFLOP/s", "share"):
        printed.add_column(heading, justify="right")
    for name, stage in stages.items():
        with FlopCounterMode(display=False) as counted:
            stage()
        needed = counted.get_total_flops()
        rate = needed / best_of(stage)
        printed.add_row(name, f"{needed / 1e9:.2f}", f"{rate / 1e9:.1f}", f"{rate / attainable:.0%}")
    return printed
