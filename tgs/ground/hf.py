"""Grounding-DINO in transformers' implementation: the tiny scale's detector, or a published one as a folder."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tgs.errors import WeightsError
from tgs.ground.base import FLOOR, as_caption, check_frames
from tgs.ground.bound import KEY, apply_bound
from tgs.ground.once import OncePerCaption, OncePerClip
from tgs.types import Detections
from tgs.weight_files import fit, read_json, read_weights

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
_REMEDY = (
    "For the tiny scale run `python -m tgs.train +experiment=zoo_grounder` and copy its export there; for the paper's, "
    "`python -m tgs.weights grounder=paper_hf` tells how it is made."
)
FILES = ("config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json")


def build(config: dict[str, Any]) -> nn.Module:
    """An untrained GroundingDinoForObjectDetection from the contents of a config.json."""
    from transformers import GroundingDinoConfig, GroundingDinoForObjectDetection

    with warnings.catch_warnings():  # a hint about a CUDA kernel that tiny widths do not use
        warnings.filterwarnings("ignore", "You'd better set embed_dim", UserWarning)
        return GroundingDinoForObjectDetection(GroundingDinoConfig.from_dict(config))


def target_size(height: int, width: int, size: dict[str, int]) -> tuple[int, int]:
    """Height and width that the detector sees, by a preprocessor's `size`.

    {"height", "width"} is taken as it is, aspect not kept; {"shortest_edge", "longest_edge"} keeps the aspect.
    Source: `T.RandomResize([800], max_size=1333)` in the released `load_image`.
    """
    if "height" in size:
        return size["height"], size["width"]
    short, long = min(height, width), max(height, width)
    edge = size["shortest_edge"]
    if long / short * edge > size["longest_edge"]:
        edge = round(size["longest_edge"] * short / long)
    return (edge, int(edge * width / height)) if height <= width else (int(edge * height / width), edge)


def to_pixels(frames_NHWC: NDArray[np.uint8], size_hw: tuple[int, int], device: torch.device) -> Tensor:
    """uint8 RGB frames -> normalised float (N, 3, height, width)."""
    frames_NCHW = torch.from_numpy(np.ascontiguousarray(frames_NHWC)).to(device).permute(0, 3, 1, 2).float() / 255
    resized = F.interpolate(frames_NCHW, size_hw, mode="bilinear", align_corners=False, antialias=True)
    mean, std = (torch.tensor(v, device=device).reshape(3, 1, 1) for v in (MEAN, STD))
    return (resized - mean) / std


class HfGrounder(nn.Module):
    """Boxes for texts, all frames of a clip in one batch per caption.

    One caption per batch: there is nothing to pad, so that batched and single runs agree. Equal captions are
    grounded once, the vision backbone runs once for all captions, and the text encoder once for all frames.

    Args:
        weights: folder with `config.json`, `model.safetensors`, `tokenizer.json` and `preprocessor_config.json`
            (its `size` is the input size in pixels, see `target_size`).
        floor: scores up to this are dropped.

    Raises:
        WeightsError: a file is missing, or its keys do not fit the model.
    """

    def __init__(self, *, weights: Path | str, floor: float = FLOOR) -> None:
        super().__init__()
        folder = Path(weights)
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise WeightsError(f"detector weights not found: {folder} lacks {', '.join(missing)}. {_REMEDY}")
        from tokenizers import Tokenizer

        self.floor = floor
        self.size = read_json(folder / "preprocessor_config.json", _REMEDY)["size"]
        self.tokenizer = Tokenizer.from_str(json.dumps(read_json(folder / "tokenizer.json", _REMEDY)))
        self.model: Any = load(folder)
        if (bound := getattr(self.model.config, KEY, None)) is not None:
            apply_bound(self.model, bound)
        self.backbone = self.model.model.backbone = OncePerClip(self.model.model.backbone)
        self.model.model.text_backbone = OncePerCaption(self.model.model.text_backbone)

    @torch.inference_mode()
    def detect(self, frames_NHWC: NDArray[np.uint8], captions: Sequence[str]) -> list[list[Detections]]:
        """See `Grounder.detect`. Score of a box: its best token logit, any token, after the sigmoid."""
        check_frames(frames_NHWC)
        height, width = frames_NHWC.shape[1:3]
        prepared = [as_caption(caption) for caption in captions]
        pixels_NCHW = to_pixels(frames_NHWC, target_size(height, width, self.size), self.model.device)
        found = {caption: self._detect(pixels_NCHW, caption, (height, width)) for caption in dict.fromkeys(prepared)}
        self.backbone.forget()
        return [found[caption] for caption in prepared]

    def tokens(self, caption: str) -> list[int]:
        """Token ids with [CLS] and [SEP]. Unknown words fall to word pieces, at last to [UNK].

        A caption of more than `max_text_len` tokens is cut there, and closed by [SEP] so that its last phrase stays
        one. DEPARTS: the released code cuts without closing; neither happens with references of up to 256 tokens.
        """
        ids: list[int] = self.tokenizer.encode(caption).ids
        limit = self.model.config.max_text_len
        return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]

    def _detect(self, pixels_NCHW: Tensor, caption: str, size_hw: tuple[int, int]) -> list[Detections]:
        ids_NL = torch.tensor([self.tokens(caption)], device=pixels_NCHW.device).expand(len(pixels_NCHW), -1)
        said = self.model(pixel_values=pixels_NCHW, input_ids=ids_NL, attention_mask=torch.ones_like(ids_NL))
        return detections(said.logits, said.pred_boxes, size_hw, self.floor)


def detections(logits_NQL: Tensor, boxes_NQ4: Tensor, size_hw: tuple[int, int], floor: float) -> list[Detections]:
    """Boxes above the floor in query order, from cxcywh fractions to xyxy pixels.

    Source: released `predict`: the score is the maximum over all tokens, [CLS], [SEP] and '.' included.
    """
    scores_NQ = logits_NQL.max(-1).values.sigmoid().float().cpu().numpy()
    centre, half = boxes_NQ4[..., :2], boxes_NQ4[..., 2:] / 2
    scale = torch.tensor([size_hw[1], size_hw[0]] * 2, device=boxes_NQ4.device)
    xyxy_NQ4 = (torch.cat([centre - half, centre + half], -1) * scale).float().cpu().numpy()
    pairs = zip(xyxy_NQ4, scores_NQ, strict=True)
    return [Detections(boxes_Q4[scores_Q > floor], scores_Q[scores_Q > floor]) for boxes_Q4, scores_Q in pairs]


def load(folder: Path) -> nn.Module:
    """The folder's model in float32 and evaluation mode; every key must fit. Errors as of `HfGrounder`."""
    model = build(read_json(folder / "config.json", _REMEDY))
    state = read_weights(folder / "model.safetensors", _REMEDY)
    # clones of a tied head are stored once: fill in the names that share a tensor with a stored one
    own = model.state_dict()
    names: dict[int, str] = {own[key].data_ptr(): key for key in own if key in state}
    state |= {
        key: state[names[own[key].data_ptr()]] for key in own if key not in state and own[key].data_ptr() in names
    }
    fit(model, state, f"{folder}/model.safetensors")
    return model.eval()
