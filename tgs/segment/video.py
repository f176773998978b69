"""SAM 2's memory: an object with a box on some frames is followed into all others.

What SAM2VideoPredictor does with `add_new_points_or_box`, then `propagate_in_video` forwards and, in the same state,
backwards; but on features that are encoded once for all objects of a clip, and without its state, which holds one clip
and knows files only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tgs.segment.base import FrameBoxes
from tgs.segment.features import ImageFeatures
from tgs.types import Tracking

Prompts = tuple[tuple[int, tuple[float, float, float, float]], ...]
"""One object's boxes: frame and box, xyxy pixels; at most one a frame, at least one in all."""


def objects(per_frame: FrameBoxes, tracking: Tracking) -> list[Prompts]:
    """What is followed for one reference, and the boxes that tell SAM 2 which object it is.

    Under `Tracking.video` these are the boxes of the first frame that has any, each an object of its own. Under
    `Tracking.video_filled` the first boxes of all frames are one object, the second ones another, and so on: nothing
    else says which of a frame's boxes belong together, and the detector gives the best first.

    Args:
        per_frame: N arrays (K, 4).
    Returns:
        As many objects as the fullest of these frames has boxes; none without a box.
    """
    boxed = [(frame, boxes_K4) for frame, boxes_K4 in enumerate(per_frame) if len(boxes_K4)]
    if tracking is Tracking.video:
        boxed = boxed[:1]
    most = max((len(boxes_K4) for _, boxes_K4 in boxed), default=0)
    return [
        tuple((frame, tuple(boxes_K4[place].tolist())) for frame, boxes_K4 in boxed if place < len(boxes_K4))
        for place in range(most)
    ]


def track(model: Any, features: ImageFeatures, row_NB: Tensor, boxes_B4: Mapping[int, Tensor]) -> Tensor:
    """Mask logits (N, B, 1, h, w) of B objects on every frame of their clips, at a quarter of the input size.

    A frame with a box is outlined by it alone, and all others remember it; they are visited from the first frame with a
    box to the end, then from there to the beginning. Where SAM 2 says that the object is away, all logits are -1024.

    Args:
        model: a `SAM2Base` in evaluation mode.
        features: of the frames.
        row_NB: where each frame of each object's clip lies in them.
        boxes_B4: by frame, xyxy in pixels of the model's square input; at least one frame, the same ones for all B.

    Source: SAM2VideoPredictor. It, too, keeps memories in bfloat16; here they are then read in the model's own
    precision, so that no autocast is needed. No holes are filled (`fill_hole_area=0`).
    """
    prompted: dict[int, Any] = {}
    followed: dict[int, Any] = {}
    memory = {"cond_frame_outputs": prompted, "non_cond_frame_outputs": followed}

    def look(frame: int, box_B4: Tensor | None, *, back: bool = False) -> dict[str, Any]:
        levels = [level_NDhw[row_NB[frame]] for level_NDhw in (*features.high_res_NDhw, features.embed_NDhw)]
        found = model.track_step(
            frame_idx=frame, is_init_cond_frame=box_B4 is not None,
            current_vision_feats=[_flat(level) for level in levels],
            current_vision_pos_embeds=[_flat(model.image_encoder.neck.position_encoding(levels[-1]))],
            feat_sizes=[(level.shape[-2], level.shape[-1]) for level in levels],
            point_inputs=None if box_B4 is None else _corners(box_B4), mask_inputs=None,
            output_dict=memory, num_frames=len(row_NB), track_in_reverse=back,
        )  # fmt: skip
        found["maskmem_features"] = found["maskmem_features"].bfloat16().to(levels[-1].dtype)
        return found

    for frame, box_B4 in boxes_B4.items():
        prompted[frame] = look(frame, box_B4)
    first = min(boxes_B4)
    for frame in range(first + 1, len(row_NB)):
        if frame not in prompted:
            followed[frame] = look(frame, None)
    for frame in range(first - 1, -1, -1):
        followed[frame] = look(frame, None, back=True)
    every = prompted | followed
    return torch.stack([every[frame]["pred_masks"] for frame in range(len(row_NB))])


def _corners(box_B4: Tensor) -> dict[str, Tensor]:
    """A box is two points labelled 2 and 3, as in `decode`."""
    labels_B2 = torch.tensor([[2, 3]], dtype=torch.int32, device=box_B4.device).expand(len(box_B4), 2)
    return {"point_coords": box_B4.reshape(-1, 2, 2), "point_labels": labels_B2}


def _flat(level_BDhw: Tensor) -> Tensor:
    """As SAM 2 passes levels on: (h * w, B, D)."""
    return level_BDhw.flatten(2).permute(2, 0, 1)
