"""A published file becomes a folder of ours: safetensors, and a manifest that says what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from tgs.atomic import whole_folder, write_json
from tgs.digest import provenance
from tgs.think.checkpoints import write_trained
from tgs.think.encoders.beats import Beats
from tgs.think.encoders.beats_weights import read_published
from tgs.think.published.adapter import CONFIG, weights_of
from tgs.think.published.crab import read_crab
from tgs.think.published.tgs_agent import read_tgs_agent
from tgs.weight_files import CONFIG_FILE, fit, write_weights

MADE_BY = "tgs.convert"


def convert_phase1(file: Path, to: Path, *, dtype: torch.dtype | None = None, allow_partial: bool = False) -> list[str]:
    """A branch for phase1_visual/ or phase1_audio/ below paths.weights.

    Args:
        file: visual_pretrain.bin or audio_pretrain.bin.
        to: the folder; what was there is replaced.
        dtype: of the weights; None keeps each as it is.
        allow_partial: see `read_crab`.
    Returns:
        Lines for the reader.
    Raises:
        WeightsError: see `read_crab`. Nothing has changed then.
    """
    with whole_folder(to) as folder:
        name, mapped = read_crab(file, allow_partial=allow_partial)
        meta = {"scale": "published", "phase": "captions", "branch": name, **_made_of([file]), **mapped.meta()}
        write_trained(mapped.state, folder, meta, dtype=dtype)
    return [f"branch {name}", *mapped.told()]


def convert_phase2(
    paths: Sequence[Path],
    to: Path,
    llm: Path,
    *,
    tables: bool = True,
    dtype: torch.dtype | None = None,
    allow_partial: bool = False,
) -> list[str]:
    """A checkpoint of phase 2. Arguments, result and errors as of `read_tgs_agent` and `convert_phase1`."""
    with whole_folder(to) as folder:
        found = read_tgs_agent(paths, llm, tables=tables, allow_partial=allow_partial)
        meta = {"scale": "published", "phase": "instruct", "lora": found.lora, "replaced": found.replaced}
        write_trained(found.mapped.state, folder, {**meta, **_made_of(paths), **found.mapped.meta()}, dtype=dtype)
    replaced = [f"{path}: replaces {len(keys)} keys of the files before it" for path, keys in found.replaced.items()]
    return [f"LoRA {found.lora}", *replaced, *found.mapped.told()]


def convert_beats(file: Path, to: Path, *, dtype: torch.dtype | None = None) -> list[str]:
    """An encoder for thinker.audio.path. Arguments, result and errors as of `load_beats` and `convert_phase1`."""
    with whole_folder(to) as folder:
        config, state = read_published(file)
        fit(Beats(config), state, str(file))
        write_json(folder / CONFIG_FILE, asdict(config), sort_keys=True)
        write_weights(folder, state, dtype=dtype)
        write_json(folder / "manifest.json", {"format": 1, "keys": len(state), **_made_of([file])}, sort_keys=True)
    return [
        f"{len(state)} tensors",
        "passed over: the classifier (predictor.*), and each layer's copy of the bias table",
    ]


def _made_of(paths: Sequence[Path]) -> dict[str, Any]:
    files = [file for path in paths for file in ([path / CONFIG, weights_of(path)] if path.is_dir() else [path])]
    return {"made_by": MADE_BY, "source": [provenance(file) for file in files]}
