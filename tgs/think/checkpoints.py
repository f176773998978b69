"""Checkpoints of what was trained, and nothing else: LoRA, branches, or whatever was set to learn."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tgs.atomic import write_json
from tgs.digest import digest_value
from tgs.errors import WeightsError
from tgs.weight_files import MODEL_FILE, fit, read_json, read_weights, write_weights

MANIFEST_FILE = "manifest.json"
_FORMAT = 1


def save_trained(
    module: nn.Module, folder: Path, meta: Mapping[str, Any], *, dtype: torch.dtype = torch.float16
) -> None:
    """Write the parameters that require gradients, and a manifest of what they are.

    Args:
        module: a `RefThinker`, or one of its branches.
        folder: made if missing; gets model.safetensors and manifest.json.
        meta: json values for the reader: scale, phase, epoch, ... `scale` is named when the checkpoint does not fit.
        dtype: of the file. float16 halves it and loses less than training noise; bfloat16 weights of a large
            model are better kept as such.
    Raises:
        WeightsError: nothing is trainable, or a value is not finite in `dtype`.
    """
    state = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    if not state:
        raise WeightsError(f"{folder}: nothing to save, no parameter of {type(module).__name__} is trainable")
    write_trained(state, folder, meta, dtype=dtype)


def write_trained(
    state: Mapping[str, torch.Tensor], folder: Path, meta: Mapping[str, Any], *, dtype: torch.dtype | None
) -> None:
    """Write what `read_trained` reads: weights by the names of their module, and the manifest.

    Args:
        state: see `write_weights`, as for `dtype`.
        folder, meta: see `save_trained`.
    Raises:
        WeightsError: a value is not finite in the file's dtype.
    """
    types = {name: dtype or value.dtype for name, value in state.items()}
    if broken := [name for name, value in state.items() if not value.detach().to(types[name]).isfinite().all()]:
        raise WeightsError(
            f"{folder}: not finite in {types[broken[0]]}: {', '.join(broken[:4])}. Did training diverge?"
        )
    write_weights(folder, state, dtype=dtype)
    trained: dict[str, int] = {}
    for name, parameter in state.items():
        part = "lora" if ".lora_" in name else ".".join(name.split(".")[:2])
        trained[part] = trained.get(part, 0) + parameter.numel()
    own = {
        "format": _FORMAT,
        "keys": len(state),
        "keys_digest": _keys_digest(state),
        "trained": trained,
        "dtype": " and ".join(sorted({str(kind).removeprefix("torch.") for kind in types.values()})),
    }
    write_json(folder / MANIFEST_FILE, dict(meta) | own, sort_keys=True)


def load_trained(
    module: nn.Module, folder: Path, *, needed: Collection[str] | None = None, remedy: str = ""
) -> dict[str, Any]:
    """Copy a checkpoint into a module.

    Args:
        module: built as it was when the checkpoint was written.
        folder: written by `save_trained`.
        needed: parameters that the checkpoint must hold; None means all that require gradients.
        remedy: for the error, how to make the folder if it is missing.
    Returns:
        The manifest.
    Raises:
        WeightsError: missing, damaged, of another format, or with missing or unexpected keys or other shapes.
            Nothing has been copied then.
    """
    manifest, state = read_trained(folder, remedy=remedy)
    trainable = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    fit(module, state, _named(folder, manifest), needed=trainable if needed is None else set(needed))
    return manifest


def read_trained(folder: Path, *, remedy: str = "") -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The manifest and the parameters of a checkpoint. Arguments and errors as of `load_trained`."""
    manifest = read_json(folder / MANIFEST_FILE, remedy)
    state = read_weights(folder / MODEL_FILE, remedy)
    if manifest.get("format") != _FORMAT:
        found = manifest.get("format")
        raise WeightsError(f"{_named(folder, manifest)}: manifest format {found!r}, this version reads {_FORMAT}")
    if manifest.get("keys_digest") != _keys_digest(state):
        raise WeightsError(
            f"{_named(folder, manifest)}: {MODEL_FILE} is not the file that {MANIFEST_FILE} describes: copy both again"
        )
    return manifest, state


def _named(folder: Path, manifest: Mapping[str, Any]) -> str:
    return f"{folder} (scale {manifest.get('scale', 'unknown')!r})"


def _keys_digest(state: Mapping[str, torch.Tensor]) -> str:
    return digest_value(sorted((name, list(value.shape)) for name, value in state.items()))
