"""CLIP, the frozen eye: every frame becomes a grid of patch features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from tgs.atomic import write_json
from tgs.errors import ConfigError, DataError
from tgs.weight_files import CONFIG_FILE, MODEL_FILE, fit, read_json, read_weights, write_weights

PIXEL_MEAN = (0.48145466, 0.4578275, 0.40821073)
PIXEL_STD = (0.26862954, 0.26130258, 0.27577711)
"""Per channel of RGB in [0, 1]. Source: openai/clip-vit-large-patch14, preprocessor_config.json."""

RELEASED_LAYER = -2
"""Index into the hidden states. Source: the released list [14, 22, 23] of ViT-L/14's 0..24, of which only the last
is used: hidden_states[23], the output of block 23 of 24."""

_REMEDY = (
    "Train the tiny one with `python -m tgs.train +experiment=zoo_vision`; for the paper's, "
    "`python -m tgs.weights scale=paper` tells where it comes from."
)


class ClipEncoder(nn.Module):
    """Frames in, patch features out; the classification token is dropped.

    Args:
        sizes: keywords of transformers' `CLIPVisionConfig`. Weights are random until a checkpoint is loaded.
        layer: which hidden state is read; -1 is the last block's output, 0 the embeddings.
    Raises:
        ConfigError: there is no such hidden state.
    """

    def __init__(self, sizes: Mapping[str, Any], *, layer: int = RELEASED_LAYER) -> None:
        from transformers import CLIPVisionConfig, CLIPVisionModel

        super().__init__()
        config = CLIPVisionConfig(**sizes)
        states = config.num_hidden_layers + 1
        if not -states <= layer < states:
            raise ConfigError(f"vision.layer={layer}: this CLIP has hidden states {-states}..{states - 1}")
        self.model, self.layer = CLIPVisionModel(config), layer
        self.image_px, self.width = cast(int, config.image_size), config.hidden_size

    def forward(self, frames_NHWC: NDArray[np.uint8]) -> Tensor:
        """Features of frames of any size.

        Args:
            frames_NHWC: uint8 RGB.
        Returns:
            (N, P, D), P = (image_px / patch)^2 in reading order, float32.
        Raises:
            DataError: not uint8 (N, H, W, 3).
        """
        device = next(self.model.parameters()).device
        pixels_NHWC = torch.from_numpy(resize(frames_NHWC, self.image_px)).to(device)
        return self.hidden(self.normalise(pixels_NHWC))[:, 1:].float()

    def normalise(self, frames_NHWC: Tensor) -> Tensor:
        """Uint8 (N, S, S, 3) of the right size to the normalised (N, 3, S, S) that CLIP was trained on."""
        pixels_NCHW = frames_NHWC.permute(0, 3, 1, 2).float() / 255
        mean, std = (pixels_NCHW.new_tensor(c).view(3, 1, 1) for c in (PIXEL_MEAN, PIXEL_STD))
        return (pixels_NCHW - mean) / std

    def hidden(self, pixels_NCHW: Tensor) -> Tensor:
        """The hidden state that the thinker reads, (N, 1 + P, D); the first token is CLIP's class token."""
        dtype = next(self.model.parameters()).dtype
        output = self.model(pixel_values=pixels_NCHW.to(dtype), output_hidden_states=True)
        return output.hidden_states[self.layer]


def resize(frames_NHWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Squeeze frames into a square, their aspect not kept.

    Pillow's bicubic filter on 8-bit pixels, as released (`unified_dataset.py`), and not torch's: the two differ by a
    few grey levels, and a frozen encoder should see the pixels it was tuned with.

    Raises:
        DataError: not uint8 (N, H, W, 3).
    """
    if frames_NHWC.ndim != 4 or frames_NHWC.shape[-1] != 3 or frames_NHWC.dtype != np.uint8:
        raise DataError(f"frames must be uint8 (N, H, W, 3); got {frames_NHWC.dtype} {frames_NHWC.shape}")
    if frames_NHWC.shape[1:3] == (size_px, size_px):
        return np.ascontiguousarray(frames_NHWC)
    squeezed = [Image.fromarray(f).resize((size_px, size_px), Image.Resampling.BICUBIC) for f in frames_NHWC]
    return np.stack([np.asarray(image) for image in squeezed])


def save_clip(encoder: ClipEncoder, folder: Path, *, dtype: torch.dtype = torch.float16) -> None:
    """Write what `load_clip` needs: transformers' config.json, and model.safetensors with its parameter names."""
    write_json(folder / CONFIG_FILE, encoder.model.config.to_dict(), sort_keys=True)
    write_weights(folder, encoder.model.state_dict(), dtype=dtype)


def load_clip(folder: Path, *, layer: int = RELEASED_LAYER) -> ClipEncoder:
    """Build the encoder from a folder: ours, or one of a published CLIP (its text half is passed over).

    Returns:
        The encoder in float32, in eval mode, without gradients.
    Raises:
        WeightsError: missing, damaged, or with keys or shapes that do not fit.
    """
    sizes = read_json(folder / CONFIG_FILE, _REMEDY)
    sizes = sizes.get("vision_config", sizes)
    state = read_weights(folder / MODEL_FILE, _REMEDY)
    if any(key.startswith("vision_model.") for key in state):  # the published file holds both halves of CLIP
        state = {k.removeprefix("vision_model."): v for k, v in state.items() if k.startswith("vision_model.")}
    encoder = ClipEncoder(sizes, layer=layer)
    fit(encoder.model, {k: v for k, v in state.items() if not k.endswith("position_ids")}, str(folder / MODEL_FILE))
    return encoder.eval().requires_grad_(False)
