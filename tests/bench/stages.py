"""Detector and segmenter on one clip with eight references: frames together and known things once, or each anew."""

from __future__ import annotations

import clips
import numpy as np
from claim import Claim
from evaluation import outline, predictor_of

from tgs.types import Detections

TEXTS = ["dog", "cat", "dog", "drum", "dog", "cat", "a loud drum", "guitar"]
"""Simple descriptions repeat themselves within a clip: eight references, five texts."""


def claims() -> list[Claim]:
    """On a clip of stickers, scale tiny."""
    agent = clips.Row.of(clips.config(), None).agent
    frames_NHWC = next(iter(clips.benchmark(clips.config()).predict_dataloader()))[0].footage.clip.frames_NHWC
    grounder, segmenter = agent.grounder.model, agent.segmenter.model  # type: ignore[union-attr]
    height, width = frames_NHWC.shape[1:3]
    boxes = [
        [np.array([[8 * n, 4 * n + k, 8 * n + width / 3, 4 * n + k + height / 3]], np.float32) for k in range(10)]
        for n in range(8)
    ]

    def predict(texts: list[str]) -> np.ndarray:
        return as_numbers([[grounder.detect(frame[None], [text])[0][0] for frame in frames_NHWC] for text in texts])

    def masks_each() -> np.ndarray:
        predictor = predictor_of(segmenter.model)  # type: ignore[attr-defined]
        return np.stack([
            np.stack([outline(predictor, frame, own) for frame, own in zip(frames_NHWC, per_frame, strict=True)])
            for per_frame in boxes
        ]).astype(float)  # fmt: skip

    def masks_together() -> np.ndarray:
        return np.stack([masks.soft_NHW for masks in segmenter.segment(frames_NHWC, boxes)]).astype(float)

    one = TEXTS[:1]
    return [
        Claim("detector, 10 frames, one text", "`predict` a frame at a time", lambda: predict(one),
              lambda: as_numbers(grounder.detect(frames_NHWC, one)), tolerance=1e-3, at_least=2),
        Claim("detector, 10 frames, 8 references", "`predict` a frame and a reference at a time",
              lambda: predict(TEXTS), lambda: as_numbers(grounder.detect(frames_NHWC, TEXTS)), tolerance=1e-3,
              at_least=2),
        Claim("masks, 10 frames, 8 references", "set_image and predict each time", masks_each, masks_together,
              tolerance=1, at_least=5),
    ]  # fmt: skip


def as_numbers(found: list[list[Detections]]) -> np.ndarray:
    """Best box and score of every text and frame."""
    best = [[one.scores_K.argmax() for one in frames] for frames in found]
    return np.array([
        [[*one.boxes_K4[k], 100 * one.scores_K[k]] for one, k in zip(frames, row, strict=True)]
        for frames, row in zip(found, best, strict=True)
    ])  # fmt: skip
