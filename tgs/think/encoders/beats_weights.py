"""BEATs from disk: our own folders (config.json, model.safetensors) and the published .pt files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from tgs.atomic import write_json
from tgs.errors import WeightsError
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.weight_files import (
    CONFIG_FILE,
    MODEL_FILE,
    fit,
    read_checkpoint,
    read_json,
    read_weights,
    require,
    write_weights,
)

_REMEDY = (
    "Train the tiny one with `python -m tgs.train +experiment=zoo_audio`; for the paper's, "
    "`python -m tgs.weights scale=paper` tells where it comes from."
)
_BIAS = "self_attn.relative_attention_bias.weight"


def save_beats(model: Beats, folder: Path, *, dtype: torch.dtype = torch.float16) -> None:
    """Write what `load_beats` needs to build the same encoder again: config.json and model.safetensors."""
    write_json(folder / CONFIG_FILE, asdict(model.config), sort_keys=True)
    write_weights(folder, model.state_dict(), dtype=dtype)


def load_beats(path: Path) -> Beats:
    """Build an encoder from a folder written by `save_beats`, or from a published `{'cfg', 'model'}` file.

    Returns:
        The encoder in float32, in eval mode, without gradients.
    Raises:
        WeightsError: missing, damaged, or with keys or shapes that do not fit. The classifier of a fine-tuned
            checkpoint (`predictor.*`) is passed over: the thinker reads features only.
    """
    if require(path, _REMEDY).is_dir():
        config, state = _read_folder(path)
    else:
        config, state = read_published(path)
    model = Beats(config)
    fit(model, state, str(path))
    return model.eval().requires_grad_(False)


def _read_folder(folder: Path) -> tuple[BeatsConfig, dict[str, Tensor]]:
    sizes = read_json(folder / CONFIG_FILE, _REMEDY)
    try:
        config = BeatsConfig(**sizes)
    except TypeError as error:
        raise WeightsError(f"{folder / CONFIG_FILE}: {error}. {_REMEDY}") from error
    return config, read_weights(folder / MODEL_FILE, _REMEDY)


def read_published(file: Path) -> tuple[BeatsConfig, dict[str, Tensor]]:
    """Sizes and weights of a published file. Errors, and what is passed over, as of `load_beats`."""
    content = read_checkpoint(file, _REMEDY, "cfg", "model")
    # Every layer's copy of the bias table is the first one's: the published model shares it.
    state = {
        key: value
        for key, value in content["model"].items()
        if not key.startswith("predictor.") and (not key.endswith(_BIAS) or key == f"encoder.layers.0.{_BIAS}")
    }
    return BeatsConfig.from_published(content["cfg"]), state
