"""What of the pipeline is kept, and in which form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tgs.metrics.score import Score
from tgs.pipeline.recall import Kind
from tgs.think.features import Features
from tgs.types import Detections, Masks, Reference, Thought, ThoughtStatus


def _packed_features(features: Features) -> dict[str, NDArray[Any]]:
    senses = (("video_BNPD", features.video_BNPD), ("audio_BNAD", features.audio_BNAD))
    return {name: sense.cpu().numpy() for name, sense in senses if sense is not None}


def _features(packed: Mapping[str, NDArray[Any]]) -> Features:
    senses = (packed.get("video_BNPD"), packed.get("audio_BNAD"))
    return Features(*(None if sense is None else torch.from_numpy(sense) for sense in senses))


def _packed_thoughts(thoughts: Sequence[Thought]) -> list[dict[str, Any]]:
    return [{**asdict(thought), "status": str(thought.status)} for thought in thoughts]


def _thoughts(packed: Sequence[Mapping[str, Any]]) -> list[Thought]:
    return [Thought(**{**one, "status": ThoughtStatus(one["status"])}) for one in packed]


def _packed_detections(frames: Sequence[Detections]) -> dict[str, NDArray[Any]]:
    return {
        "boxes_K4": np.concatenate([one.boxes_K4.reshape(-1, 4) for one in frames]),
        "scores_K": np.concatenate([one.scores_K for one in frames]),
        "count_N": np.array([len(one.scores_K) for one in frames]),
    }


def _detections(packed: Mapping[str, NDArray[Any]]) -> list[Detections]:
    ends = np.cumsum(packed["count_N"])[:-1]
    pairs = zip(np.split(packed["boxes_K4"], ends), np.split(packed["scores_K"], ends), strict=True)
    return [Detections(*pair) for pair in pairs]


def packed_score(score: Score) -> dict[str, Any]:
    """A score without whose it is: all references that ask for the same come to the same."""
    whose = ("uid", "row", "split", "kind")
    plain = {key: value for key, value in score.as_record().items() if key not in whose}
    return {**plain, "curve": None if score.curve is None else score.curve.total.tolist()}


def score_of(reference: Reference, packed: Mapping[str, Any]) -> Score:
    """A score as one reference's own."""
    whose = {"uid": reference.uid, "row": reference.row, "split": reference.split, "kind": reference.kind}
    total = None if packed["curve"] is None else np.array(packed["curve"])
    return Score.from_record({**packed, **whose}, total)


FEATURES: Kind[Features] = Kind("features", _packed_features, _features, arrays=True)
"""What the frozen encoders make of a clip, whoever thinks about it: every checkpoint does, of whatever seed.

Not what the branches make of it, which is the language model's prefix: it changes with the checkpoint, as thoughts do,
and is made of these in no time.
"""

THOUGHTS: Kind[list[Thought]] = Kind("thoughts", _packed_thoughts, _thoughts)
"""Of references that were thought about together."""

DETECTIONS: Kind[Sequence[Detections]] = Kind("detections", _packed_detections, _detections, arrays=True)
"""Every box of a text above the detector's floor, frame by frame: thresholds and choices come later.

Of a box's token logits only the best is kept, its score: the others name phrases, which nobody asks for here.
"""

MASKS: Kind[NDArray[np.uint8]] = Kind(
    "masks", lambda soft: {"soft_HW": soft}, lambda kept: kept["soft_HW"], arrays=True
)
"""The soft map of one box on one frame.

The image embedding that it was decoded from is not kept: SAM 2.1 Hiera-L's takes 17 MB a frame in float32, 134 GB for
the 799 test clips of Ref-AVSBench. It would push all else out of a store's budget.
"""

TRACKS: Kind[Masks] = Kind(
    "tracks", lambda masks: {"soft_NHW": masks.soft_NHW}, lambda kept: Masks(kept["soft_NHW"]), arrays=True
)
"""The masks of one reference by a segmenter that follows it through the clip."""

SCORES: Kind[dict[str, Any]] = Kind("scores", dict, dict)
"""A score that is nobody's yet, see `packed_score` and `score_of`."""

TRUTHS: Kind[dict[str, Any]] = Kind("truths", dict, dict)
"""For each frame the true box, xyxy pixels or None, and the share of the frame that the object fills."""
