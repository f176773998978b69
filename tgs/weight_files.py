"""Weight files: safetensors with a json beside them, or published pickles, read strictly.

Errors say what does not fit.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tgs.errors import WeightsError

MODEL_FILE, CONFIG_FILE = "model.safetensors", "config.json"
_SHOWN = 4
"""How many keys an error lists of each sort."""


def require(path: Path, remedy: str) -> Path:
    """The path itself, if it exists.

    Raises:
        WeightsError: nothing is there; `remedy` says how to make or get it.
    """
    if not path.exists():
        raise WeightsError(f"{path}: no such file or folder. {remedy}")
    return path


def write_weights(folder: Path, state: Mapping[str, Tensor], *, dtype: torch.dtype | None = torch.float16) -> Path:
    """Write `model.safetensors`; floating tensors become `dtype`, or keep theirs if it is None.

    An interrupted write leaves no half file.

    Returns:
        The file written.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / MODEL_FILE
    tensors = {key: t.detach().to("cpu", dtype if t.is_floating_point() else None) for key, t in state.items()}
    part = file.with_suffix(".part")
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, part, metadata={"format": "pt"})
    part.replace(file)
    return file


def read_weights(file: Path, remedy: str) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(require(file, remedy))
    except SafetensorError as error:
        raise WeightsError(f"{file}: not a readable safetensors file ({error}). {remedy}") from error


def read_shapes(file: Path, remedy: str) -> dict[str, list[int]]:
    """Shapes by name from the header of a safetensors file, whose length it checks, too.

    Raises:
        WeightsError: the file is missing, cut off, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(require(file, remedy), framework="pt") as weights:
            return {key: weights.get_slice(key).get_shape() for key in weights.keys()}  # noqa: SIM118 - no mapping
    except SafetensorError as error:
        raise WeightsError(f"{file}: not a readable safetensors file ({error}). {remedy}") from error


def read_checkpoint(file: Path, remedy: str, *keys: str) -> dict[str, Any]:
    """Read a published torch checkpoint: a pickled dict of tensors and plain values, and no other objects.

    Raises:
        WeightsError: the file is missing or damaged, or lacks one of `keys`.
    """
    try:
        content = torch.load(require(file, remedy), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # its own text advises to load whatever the file holds
        raise WeightsError(
            f"{file}: not a readable torch checkpoint (damaged, or with other objects than tensors). {remedy}"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:  # OSError: cut off within its directory
        raise WeightsError(f"{file}: not a readable torch checkpoint ({error}). {remedy}") from error
    if not isinstance(content, dict) or not set(keys) <= set(content):
        wanted = " and ".join(map(repr, keys))
        raise WeightsError(f"{file}: expected a dict with {wanted}, as it is published. {remedy}")
    return content


def read_json(file: Path, remedy: str) -> dict[str, Any]:
    """Read a json object.

    Raises:
        WeightsError: the file is missing, damaged, or holds no object.
    """
    try:
        value = json.loads(require(file, remedy).read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsError(f"{file}: not readable as json ({error}). {remedy}") from error
    if not isinstance(value, dict):
        raise WeightsError(f"{file}: expected a json object, got {type(value).__name__}. {remedy}")
    return value


def fit(module: nn.Module, state: Mapping[str, Tensor], where: str, *, needed: set[str] | None = None) -> None:
    """Copy a state into a module; every difference between the two is an error.

    Args:
        module: takes the values, in its own dtype and on its own device.
        state: values by parameter name.
        where: the file or checkpoint, for the error.
        needed: names that the state must hold; None means all of the module's.
    Raises:
        WeightsError: a name is missing or unexpected, or a shape differs. Nothing has been copied then.
    """
    own = module.state_dict()
    missing = sorted((set(own) if needed is None else needed) - set(state))
    unexpected = sorted(set(state) - set(own))
    shapes = [
        f"{key} is {tuple(state[key].shape)}, the model has {tuple(own[key].shape)}"
        for key in sorted(set(own) & set(state))
        if state[key].shape != own[key].shape
    ]
    faults = [
        f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}"
        for what, names in (("missing", missing), ("unexpected", unexpected), ("of another shape", shapes))
        if names
    ]
    if faults:
        hint = "It is from another scale or other settings." if shapes else "It is from another kind of model."
        raise WeightsError(f"{where} does not fit {type(module).__name__}: {'; '.join(faults)}. {hint}")
    with torch.no_grad():
        for key, value in state.items():
            own[key].copy_(value)
