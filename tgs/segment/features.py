"""What SAM 2's encoder says of frames: once per frame, whatever is asked about it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class ImageFeatures(NamedTuple):
    """What the encoder says of some frames; the decoder reads it once per box.

    Attributes:
        embed_NDhw: the coarsest level, without a word on memory.
        high_res_NDhw: the finer levels, finest first.
    """

    embed_NDhw: Tensor
    high_res_NDhw: tuple[Tensor, ...]


def encode(model: Any, pixels_NCHW: Tensor) -> ImageFeatures:
    """Features of normalised square frames. Source: SAM2ImagePredictor.set_image_batch, without its fixed sizes."""
    fpn = model.forward_image(pixels_NCHW)["backbone_fpn"][-model.num_feature_levels :]
    return ImageFeatures(fpn[-1], tuple(fpn[:-1]))


def to_pixels(frames_NHWC: NDArray[np.uint8], size_px: int, device: torch.device) -> Tensor:
    """uint8 RGB frames -> normalised float (N, 3, size, size), aspect not kept. Source: SAM2Transforms."""
    frames_NCHW = torch.from_numpy(np.ascontiguousarray(frames_NHWC)).to(device).permute(0, 3, 1, 2).float() / 255
    square = F.interpolate(frames_NCHW, (size_px, size_px), mode="bilinear", align_corners=False, antialias=True)
    mean, std = (torch.tensor(v, device=device).reshape(3, 1, 1) for v in (MEAN, STD))
    return (square - mean) / std
