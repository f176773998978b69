"""LoRA as peft writes it: a folder with adapter_config.json and adapter_model.safetensors (or .bin)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from torch import Tensor

from tgs.errors import WeightsError
from tgs.think.llm import LORA_TARGETS
from tgs.think.published.mapped import flat_state
from tgs.weight_files import read_checkpoint, read_json, read_weights

CONFIG, SAFETENSORS, PICKLE = "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"
_REMEDY = "A peft adapter is a folder with adapter_config.json and adapter_model.safetensors or adapter_model.bin."

_OURS: dict[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "bias": ("none",),
    "fan_in_fan_out": (False,),
    "use_rslora": (False,),
    "use_dora": (False,),
    "modules_to_save": (None, []),
    "layers_to_transform": (None,),
    "rank_pattern": ({},),
    "alpha_pattern": ({},),
}
"""What `add_lora` does; a setting that an adapter does not name has peft's default, which is the same."""


def read_adapter(folder: Path) -> tuple[dict[str, Tensor], dict[str, int]]:
    """The tensors of an adapter, named as the released training names them, and its `rank` and `alpha`.

    Raises:
        WeightsError: a file is missing or damaged, or the adapter is of another kind than ours.
    """
    lora = _settings(folder / CONFIG)
    if (folder / SAFETENSORS).is_file():
        state = read_weights(folder / SAFETENSORS, _REMEDY)
    else:
        state = flat_state(read_checkpoint(folder / PICKLE, _REMEDY), folder / PICKLE)
    return {re.sub(r"\.(lora_[AB])\.weight$", r".\1.default.weight", key): t for key, t in state.items()}, lora


def weights_of(folder: Path) -> Path:
    """The file with an adapter's tensors."""
    return folder / SAFETENSORS if (folder / SAFETENSORS).is_file() else folder / PICKLE


def _settings(file: Path) -> dict[str, int]:
    config = read_json(file, _REMEDY)
    faults = [
        f"{key} is {config[key]!r}, ours {allowed[0]!r}"
        for key, allowed in _OURS.items()
        if key in config and config[key] not in allowed
    ]
    targets = config.get("target_modules")
    if not isinstance(targets, list) or set(targets) != set(LORA_TARGETS):
        faults.append(f"target_modules are {targets!r}, ours {list(LORA_TARGETS)}")
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or not isinstance(alpha, int):
        faults.append(f"r is {rank!r} and lora_alpha {alpha!r}, which must be whole numbers")
    if faults:
        raise WeightsError(f"{file}: another LoRA than the thinker's: {'; '.join(faults)}")
    return {"rank": rank, "alpha": alpha}  # type: ignore[dict-item] - integers, or it would have been refused
