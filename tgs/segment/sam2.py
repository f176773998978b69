"""SAM 2 as an image segmenter: the only file that imports the `sam2` package.

`build_sam2` is not used, because it composes its config through Hydra's one global state and so cannot run
inside a Hydra job. We read the same YAML with OmegaConf and re-apply what `build_sam2` adds to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tgs.errors import WeightsError
from tgs.segment.base import FrameBoxes
from tgs.types import INSIDE, Masks
from tgs.weight_files import fit, read_checkpoint, read_weights

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
LOGIT_BOUND = 32.0
"""Low-resolution logits are clamped to this before the soft map. Source: SAM2ImagePredictor._predict."""

_REMEDY = (
    "For the tiny scale run `python -m tgs.train +experiment=zoo_segmenter` and copy its export there; for the "
    "published ones, `python -m tgs.weights segmenter=NAME` tells where they come from."
)

POSTPROCESSING = {
    "dynamic_multimask_via_stability": True,
    "dynamic_multimask_stability_delta": 0.05,
    "dynamic_multimask_stability_thresh": 0.98,
}
"""Mask decoder options that `build_sam2` switches on by default: without them masks differ."""


class ImageFeatures(NamedTuple):
    """What the encoder says of some frames; the decoder reads it once per box."""

    embed_NDhw: Tensor
    high_res_NDhw: tuple[Tensor, ...]


def build(config: Path | str) -> nn.Module:
    """An untrained `SAM2Base`.

    Args:
        config: a YAML file, or the name of one inside the sam2 package, as "configs/sam2.1/sam2.1_hiera_l.yaml".

    Raises:
        WeightsError: there is no such file.
    """
    from hydra.core.global_hydra import GlobalHydra
    from hydra.utils import instantiate  # sam2's configs are trees of `_target_`; nothing else here needs Hydra
    from omegaconf import OmegaConf

    ours = GlobalHydra.instance().is_initialized()
    import sam2  # noqa: F401  initialises Hydra's global state unless a job already has

    if not ours:
        GlobalHydra.instance().clear()  # or a `hydra.main` later in this process would refuse to start
    tree = OmegaConf.load(config_file(config))
    for key, value in POSTPROCESSING.items():
        OmegaConf.update(tree, f"model.sam_mask_decoder_extra_args.{key}", value, force_add=True)
    OmegaConf.resolve(tree)
    return instantiate(tree.model, _recursive_=True)


def encode(model: Any, pixels_NCHW: Tensor) -> ImageFeatures:
    """Features of normalised square frames. Source: SAM2ImagePredictor.set_image_batch, without its fixed sizes."""
    fpn = model.forward_image(pixels_NCHW)["backbone_fpn"][-model.num_feature_levels :]
    embed_NDhw = fpn[-1]
    if model.directly_add_no_mem_embed:
        embed_NDhw = embed_NDhw + model.no_mem_embed.reshape(1, -1, 1, 1)
    return ImageFeatures(embed_NDhw, tuple(fpn[:-1]))


def decode(model: Any, features: ImageFeatures, frame_K: Tensor, boxes_K4: Tensor) -> Tensor:
    """Mask logits (K, 1, h, w) of K boxes in one batch, at a quarter of the input size.

    Args:
        model: a `SAM2Base` in evaluation mode: only then does it prefer a stable mask.
        features: of the frames.
        frame_K: which frame each box belongs to.
        boxes_K4: xyxy in pixels of the model's square input.

    Source: SAM2ImagePredictor._predict with multimask_output=False.
    """
    return model.sam_mask_decoder(multimask_output=False, **_prompted(model, features, frame_K, boxes_K4))[0]


def candidates(model: Any, features: ImageFeatures, frame_K: Tensor, boxes_K4: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """All four masks that `decode` chooses from; training teaches each of them. Arguments as of `decode`.

    Returns:
        logits (K, 4, h, w), the single mask first; predicted IoU (K, 4); logit (K, 1) of an object being there.
    """
    logits_K4hw, iou_K4, _, object_K1 = model.sam_mask_decoder.predict_masks(
        **_prompted(model, features, frame_K, boxes_K4)
    )
    return logits_K4hw, iou_K4, object_K1


def _prompted(model: Any, features: ImageFeatures, frame_K: Tensor, boxes_K4: Tensor) -> dict[str, Any]:
    """The decoder's inputs. A box is two points labelled 2 and 3, as SAM2ImagePredictor._predict has it."""
    corners = torch.tensor([[2, 3]], dtype=torch.int, device=boxes_K4.device).expand(len(boxes_K4), 2)
    sparse, dense = model.sam_prompt_encoder(points=(boxes_K4.reshape(-1, 2, 2), corners), boxes=None, masks=None)
    return {
        "image_embeddings": features.embed_NDhw[frame_K],
        "image_pe": model.sam_prompt_encoder.get_dense_pe(),
        "sparse_prompt_embeddings": sparse,
        "dense_prompt_embeddings": dense,
        "repeat_image": False,
        "high_res_features": [level[frame_K] for level in features.high_res_NDhw],
    }


def to_pixels(frames_NHWC: NDArray[np.uint8], size_px: int, device: torch.device) -> Tensor:
    """uint8 RGB frames -> normalised float (N, 3, size, size), aspect not kept. Source: SAM2Transforms."""
    frames_NCHW = torch.from_numpy(np.ascontiguousarray(frames_NHWC)).to(device).permute(0, 3, 1, 2).float() / 255
    square = F.interpolate(frames_NCHW, (size_px, size_px), mode="bilinear", align_corners=False, antialias=True)
    mean, std = (torch.tensor(v, device=device).reshape(3, 1, 1) for v in (MEAN, STD))
    return (square - mean) / std


class Sam2(nn.Module):
    """Box-prompted SAM 2, frame by frame, as the released ground-segment scripts use it (no video memory).

    Args:
        weights: a folder with `model.safetensors` and `config.yaml` (the shipped tiny scale), or a checkpoint
            file (`.safetensors`, or the published `.pt`).
        config: see `build`; None reads the `config.yaml` beside the weights.
        batch_frames: frames encoded at once.
        batch_boxes: boxes decoded at once.

    Raises:
        WeightsError: a file is missing, or its keys do not fit the model.
    """

    def __init__(
        self, *, weights: Path | str, config: Path | str | None = None, batch_frames: int = 10, batch_boxes: int = 32
    ) -> None:
        super().__init__()
        self.batch_frames, self.batch_boxes = batch_frames, batch_boxes
        self.model: Any = load(Path(weights), config)

    @torch.inference_mode()
    def segment(self, frames_NHWC: NDArray[np.uint8], boxes: Sequence[FrameBoxes]) -> list[Masks]:
        """See `Segmenter.segment`. Frames without a box are never encoded, equal boxes are decoded once."""
        _check(frames_NHWC, boxes)
        n, height, width = frames_NHWC.shape[:3]
        masks = [Masks.empty((n, height, width)) for _ in boxes]
        wanted: dict[tuple[int, bytes], list[int]] = {}
        for index, per_frame in enumerate(boxes):
            for frame, boxes_K4 in enumerate(per_frame):
                for box_4 in np.asarray(boxes_K4, np.float32):
                    wanted.setdefault((frame, box_4.tobytes()), []).append(index)
        if not wanted:
            return masks
        features, row_of_frame = self._encode(frames_NHWC, sorted({frame for frame, _ in wanted}))
        scale = torch.tensor([self.model.image_size / width, self.model.image_size / height] * 2)
        keys = list(wanted)
        for start in range(0, len(keys), self.batch_boxes):
            part = keys[start : start + self.batch_boxes]
            frame_K = torch.tensor([row_of_frame[frame] for frame, _ in part], device=features.embed_NDhw.device)
            boxes_K4 = torch.from_numpy(np.stack([np.frombuffer(box, np.float32) for _, box in part])) * scale
            low_K1hw = decode(self.model, features, frame_K, boxes_K4.to(frame_K.device))
            for key, soft_HW in zip(part, _at_size(low_K1hw, (height, width)), strict=True):
                for index in wanted[key]:
                    np.maximum(masks[index].soft_NHW[key[0]], soft_HW, out=masks[index].soft_NHW[key[0]])
        return masks

    def _encode(self, frames_NHWC: NDArray[np.uint8], used: list[int]) -> tuple[ImageFeatures, dict[int, int]]:
        """Features of the frames in `used`, and the row of each in them."""
        parts = []
        for start in range(0, len(used), self.batch_frames):
            chosen = frames_NHWC[used[start : start + self.batch_frames]]
            parts.append(encode(self.model, to_pixels(chosen, self.model.image_size, self.model.device)))
        levels = zip(*(part.high_res_NDhw for part in parts), strict=True)
        features = ImageFeatures(
            torch.cat([part.embed_NDhw for part in parts]), tuple(torch.cat(level) for level in levels)
        )
        return features, {frame: row for row, frame in enumerate(used)}


def load(weights: Path, config: Path | str | None = None) -> nn.Module:
    """`build`, then a strict load in float32. Arguments and errors as of `Sam2`."""
    file = weights / "model.safetensors" if weights.is_dir() else weights
    if not file.is_file():
        raise WeightsError(f"segmenter weights not found: {file}. {_REMEDY}")
    model = build(file.parent / "config.yaml" if config is None else config)
    if file.suffix == ".safetensors":
        state = read_weights(file, _REMEDY)
    else:
        state = read_checkpoint(file, _REMEDY, "model")["model"]
    fit(model, state, str(file))
    return model.eval()


def config_file(config: Path | str) -> Path:
    """A YAML path as given, or below the sam2 package."""
    spec = find_spec("sam2")
    inside = Path(spec.origin).parent / config if spec and spec.origin else Path(config)
    for file in (Path(config), inside):
        if file.is_file():
            return file
    raise WeightsError(f"segmenter config not found: neither {config} nor {inside} is a file")


def _at_size(low_K1hw: Tensor, size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Soft masks at the frames' size, uint8 (K, H, W); see `Masks`.

    The released script cuts the logits at 0 before it clamps them for the soft map: the cut decides on which side of
    one half a pixel lies.
    """
    low_K1hw = low_K1hw.float()
    logits = F.interpolate(low_K1hw, size_hw, mode="bilinear", align_corners=False)[:, 0]
    bounded = logits
    if bool((low_K1hw.abs() > LOGIT_BOUND).any()):  # seldom: else it is the same map once more
        clamped = low_K1hw.clamp(-LOGIT_BOUND, LOGIT_BOUND)
        bounded = F.interpolate(clamped, size_hw, mode="bilinear", align_corners=False)[:, 0]
    level = (255 * bounded.sigmoid()).round()
    level = torch.where(logits > 0, level.clamp(min=INSIDE), level.clamp(max=INSIDE - 1))
    return level.to(torch.uint8).cpu().numpy()


def _check(frames_NHWC: NDArray[np.uint8], boxes: Sequence[FrameBoxes]) -> None:
    if frames_NHWC.dtype != np.uint8 or frames_NHWC.ndim != 4 or frames_NHWC.shape[-1] != 3:
        raise ValueError(f"frames_NHWC must be uint8 (N, H, W, 3); got {frames_NHWC.dtype} {frames_NHWC.shape}")
    for index, per_frame in enumerate(boxes):
        if len(per_frame) != len(frames_NHWC):
            raise ValueError(f"reference {index}: {len(per_frame)} box arrays for {len(frames_NHWC)} frames")
        for frame, boxes_K4 in enumerate(per_frame):
            if np.ndim(boxes_K4) != 2 or np.shape(boxes_K4)[1] != 4:
                raise ValueError(f"reference {index}, frame {frame}: boxes must be (K, 4), got {np.shape(boxes_K4)}")
