"""From boxes to masks: what was outlined once is not outlined again, whoever asks for it, in this run or another.

The last digits of a mask depend on the boxes outlined with it. So jobs that begin together, each of which outlines what
it needs before the other has kept it, may differ by a 255th here and there from jobs one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tgs.pipeline.kinds import MASKS, TRACKS
from tgs.pipeline.recall import Recall
from tgs.pipeline.stage import Stage
from tgs.segment.base import FrameBoxes, Segmenter
from tgs.types import Footage, Masks

Place = tuple[int, tuple[float, float, float, float]]
"""A frame's number, and a box on it: xyxy pixels."""


def outlined(footage: Footage, boxes: Sequence[FrameBoxes], segmenter: Stage[Segmenter], recall: Recall) -> list[Masks]:
    """Masks of several references of one clip, kept box by box; arguments and result as of `Segmenter.segment`."""
    if recall.store is None:
        return segmenter.model.segment(footage.clip.frames_NHWC, boxes)
    of_reference = [_places(per_frame) for per_frame in boxes]
    places = list(dict.fromkeys(place for own in of_reference for place in own))
    soft = recall.each(
        MASKS, places, lambda place: [segmenter.identity, footage.content, place],
        lambda missing: by_layers(footage.clip.frames_NHWC, missing, segmenter.model),
    )  # fmt: skip
    known = dict(zip(places, soft, strict=True))
    empty = [np.zeros((0, 4), np.float32)] * footage.n_frames
    masks = []
    for own in of_reference:
        if not soft:  # nobody has a box: the segmenter says how large nothing is
            masks += segmenter.model.segment(footage.clip.frames_NHWC, [empty])
            continue
        joined = Masks.empty((footage.n_frames, *soft[0].shape))
        for frame, box in own:
            np.maximum(joined.soft_NHW[frame], known[frame, box], out=joined.soft_NHW[frame])
        masks.append(joined)
    return masks


def tracked(footage: Footage, boxes: Sequence[FrameBoxes], segmenter: Stage[Segmenter], recall: Recall) -> list[Masks]:
    """The same of a segmenter whose masks depend on boxes of other frames: kept by all boxes of a reference."""
    return recall.each(
        TRACKS, boxes,
        lambda per_frame: [segmenter.identity, footage.content, [boxes_K4.tolist() for boxes_K4 in per_frame]],
        lambda missing: segmenter.model.segment(footage.clip.frames_NHWC, missing),
    )  # fmt: skip


def _places(per_frame: FrameBoxes) -> list[Place]:
    return [(frame, tuple(box_4.tolist())) for frame, boxes_K4 in enumerate(per_frame) for box_4 in boxes_K4]  # type: ignore[misc]


def by_layers(frames_NHWC: NDArray[np.uint8], places: Sequence[Place], segmenter: Segmenter) -> list[NDArray[np.uint8]]:
    """Soft maps (H, W) of single boxes, in order: packed into as few references as have one box a frame at most."""
    depth: dict[int, int] = {}
    layer_of = []
    for frame, _ in places:
        layer_of.append(depth.get(frame, 0))
        depth[frame] = layer_of[-1] + 1
    layers = [[np.zeros((0, 4), np.float32)] * len(frames_NHWC) for _ in range(max(layer_of) + 1)]
    for (frame, box), layer in zip(places, layer_of, strict=True):
        layers[layer][frame] = np.array([box], np.float32)
    masks = segmenter.segment(frames_NHWC, layers)
    return [masks[layer].soft_NHW[frame].copy() for (frame, _), layer in zip(places, layer_of, strict=True)]
