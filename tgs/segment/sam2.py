"""SAM 2, frame by frame or with its memory: the only file that imports the `sam2` package.

`build_sam2` is not used, because it composes its config through Hydra's one global state and so cannot run
inside a Hydra job. We read the same YAML with OmegaConf and re-apply what `build_sam2` adds to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tgs.errors import WeightsError
from tgs.segment.base import FrameBoxes
from tgs.segment.features import ImageFeatures, encode, to_pixels
from tgs.segment.video import Prompts, objects, track
from tgs.types import INSIDE, Masks, Tracking
from tgs.weight_files import fit, read_checkpoint, read_weights

LOGIT_BOUND = 32.0
"""Low-resolution logits are clamped to this before the soft map. Source: SAM2ImagePredictor._predict."""

_REMEDY = (
    "For the tiny scale run `python -m tgs.train +experiment=zoo_segmenter`, then zoo_segmenter_memory, and copy its "
    "export there; for the published ones, `python -m tgs.weights segmenter=NAME` tells where they come from."
)

POSTPROCESSING = {
    "dynamic_multimask_via_stability": True,
    "dynamic_multimask_stability_delta": 0.05,
    "dynamic_multimask_stability_thresh": 0.98,
}
"""Mask decoder options that `build_sam2` switches on by default: without them masks differ."""

MEMORISED = {"binarize_mask_from_pts_for_mem_enc": True}
"""Likewise of `build_sam2_video_predictor`: what is remembered of a frame with a box is its mask, not the soft map."""

Rows = Mapping[int, int]
"""Where a frame of the clip lies in the features."""

Part = tuple[int, int, NDArray[np.uint8]]
"""Of one reference on one frame: index, frame, soft map (H, W), to be joined to what else is found there."""


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
    for key, value in MEMORISED.items():
        OmegaConf.update(tree, f"model.{key}", value, force_add=True)
    OmegaConf.resolve(tree)
    return instantiate(tree.model, _recursive_=True)


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
    embed_NDhw = features.embed_NDhw
    if model.directly_add_no_mem_embed:
        embed_NDhw = embed_NDhw + model.no_mem_embed.reshape(1, -1, 1, 1)
    corners = torch.tensor([[2, 3]], dtype=torch.int, device=boxes_K4.device).expand(len(boxes_K4), 2)
    sparse, dense = model.sam_prompt_encoder(points=(boxes_K4.reshape(-1, 2, 2), corners), boxes=None, masks=None)
    return {
        "image_embeddings": embed_NDhw[frame_K],
        "image_pe": model.sam_prompt_encoder.get_dense_pe(),
        "sparse_prompt_embeddings": sparse,
        "dense_prompt_embeddings": dense,
        "repeat_image": False,
        "high_res_features": [level[frame_K] for level in features.high_res_NDhw],
    }


class Sam2(nn.Module):
    """Box-prompted SAM 2.

    `mode` says what becomes of a reference's boxes. A reference without any box has no mask in all modes.

    * image: a frame's mask comes from its own boxes alone, and a frame without a box has none: the article's way, and
      that of the released ground-segment scripts.
    * video: the boxes of the first frame that has any prompt SAM 2, and its memory follows what they hold to the end of
      the clip, then back to its beginning; boxes of later frames are passed over.
    * video_filled: frames with a box keep the mask of mode image, bit for bit. On the others SAM 2 remembers all of
      these, prompted by their boxes.

    Of several boxes each is followed as an object of its own, see `objects`, and the union is shown.

    Args:
        weights: a folder with `model.safetensors` and `config.yaml` (the shipped tiny scale), or a checkpoint
            file (`.safetensors`, or the published `.pt`).
        config: see `build`; None reads the `config.yaml` beside the weights.
        mode: a `Tracking`, see above.
        batch_frames: frames encoded at once.
        batch_boxes: boxes decoded at once.

    Raises:
        WeightsError: a file is missing, or its keys do not fit the model.
    """

    def __init__(
        self,
        *,
        weights: Path | str,
        config: Path | str | None = None,
        mode: Tracking = Tracking.image,
        batch_frames: int = 10,
        batch_boxes: int = 32,
    ) -> None:
        super().__init__()
        self.mode = Tracking(mode)  # a config gives its name
        self.batch_frames, self.batch_boxes = batch_frames, batch_boxes
        self.model: Any = load(Path(weights), config)

    @torch.inference_mode()
    def segment(self, frames_NHWC: NDArray[np.uint8], boxes: Sequence[FrameBoxes]) -> list[Masks]:
        """See `Segmenter.segment`. A frame is encoded once, and not at all if no mask depends on it."""
        _check(frames_NHWC, boxes)
        n, height, width = frames_NHWC.shape[:3]
        masks = [Masks.empty((n, height, width)) for _ in boxes]
        boxed = sorted({frame for per_frame in boxes for frame, boxes_K4 in enumerate(per_frame) if len(boxes_K4)})
        if not boxed:
            return masks
        unboxed = [] if self.mode is Tracking.image else [frame for frame in range(n) if frame not in boxed]
        # Apart, so that a frame with a box shares its batch with the same ones in all modes: else its last digits move.
        features, row_of_frame = self._encode(frames_NHWC, boxed, unboxed)
        found: list[Iterable[Part]] = []
        if self.mode is not Tracking.video:
            found.append(self._outlined(features, row_of_frame, boxes, (height, width)))
        if self.mode is not Tracking.image:
            found.append(self._followed(features, row_of_frame, boxes, (height, width)))
        for index, frame, soft_HW in chain(*found):
            shown_HW = masks[index].soft_NHW[frame]
            np.maximum(shown_HW, soft_HW, out=shown_HW)
        return masks

    def _outlined(
        self, features: ImageFeatures, row_of_frame: Rows, boxes: Sequence[FrameBoxes], size_hw: tuple[int, int]
    ) -> Iterator[Part]:
        """What each box holds on its own frame; equal boxes are decoded once."""
        wanted: dict[tuple[int, bytes], list[int]] = {}
        for index, per_frame in enumerate(boxes):
            for frame, boxes_K4 in enumerate(per_frame):
                for box_4 in np.asarray(boxes_K4, np.float32):
                    wanted.setdefault((frame, box_4.tobytes()), []).append(index)
        scale_4 = self._scale(size_hw)
        keys = list(wanted)
        for start in range(0, len(keys), self.batch_boxes):
            part = keys[start : start + self.batch_boxes]
            frame_K = torch.tensor([row_of_frame[frame] for frame, _ in part], device=features.embed_NDhw.device)
            boxes_K4 = torch.from_numpy(np.stack([np.frombuffer(box, np.float32) for _, box in part])) * scale_4
            low_K1hw = decode(self.model, features, frame_K, boxes_K4.to(frame_K.device))
            for key, soft_HW in zip(part, _at_size(low_K1hw, size_hw), strict=True):
                for index in wanted[key]:
                    yield index, key[0], soft_HW

    def _followed(
        self, features: ImageFeatures, row_of_frame: Rows, boxes: Sequence[FrameBoxes], size_hw: tuple[int, int]
    ) -> Iterator[Part]:
        """What memory says; equal objects are followed once.

        One after the other, as SAM2VideoPredictor does it: a mask never depends on the references beside it.
        """
        wanted: dict[Prompts, list[int]] = {}
        for index, per_frame in enumerate(boxes):
            for prompts in objects(per_frame, self.mode):
                wanted.setdefault(prompts, []).append(index)
        scale_4 = self._scale(size_hw)
        row_N1 = torch.tensor([[row_of_frame[frame]] for frame in range(len(row_of_frame))], device=self.model.device)
        for prompts, indices in wanted.items():
            boxes_14 = {frame: (torch.tensor([box]) * scale_4).to(self.model.device) for frame, box in prompts}
            soft_NHW = _at_size(track(self.model, features, row_N1, boxes_14)[:, 0], size_hw)
            for index in indices:
                for frame, boxes_K4 in enumerate(boxes[index]):
                    if self.mode is Tracking.video or not len(boxes_K4):
                        yield index, frame, soft_NHW[frame]

    def _scale(self, size_hw: tuple[int, int]) -> Tensor:
        """From pixels of the frames to those of the model's square input."""
        return torch.tensor([self.model.image_size / size_hw[1], self.model.image_size / size_hw[0]] * 2)

    def _encode(self, frames_NHWC: NDArray[np.uint8], *groups: Sequence[int]) -> tuple[ImageFeatures, Rows]:
        """Features of some groups of frames, which never share a batch, and the row of each frame in them."""
        chunks = [
            group[start : start + self.batch_frames]
            for group in groups
            for start in range(0, len(group), self.batch_frames)
        ]
        pixels = (to_pixels(frames_NHWC[list(chunk)], self.model.image_size, self.model.device) for chunk in chunks)
        parts = [encode(self.model, pixels_NCHW) for pixels_NCHW in pixels]
        levels = zip(*(part.high_res_NDhw for part in parts), strict=True)
        features = ImageFeatures(
            torch.cat([part.embed_NDhw for part in parts]), tuple(torch.cat(level) for level in levels)
        )
        return features, {frame: row for row, frame in enumerate(frame for chunk in chunks for frame in chunk)}


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
