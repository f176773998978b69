"""A published SAM 2 checkpoint, once, into a folder that `Sam2` reads without a pickle."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tgs.atomic import whole_folder, write_json
from tgs.digest import provenance
from tgs.errors import WeightsError
from tgs.segment.sam2 import config_file, load
from tgs.weight_files import write_weights

_NAME = re.compile(r"(sam2(?:\.1)?)_hiera_(tiny|small|base_plus|large)")
_SIZE = {"tiny": "t", "small": "s", "base_plus": "b+", "large": "l"}


def convert(checkpoint: Path, to: Path, config: str | None = None) -> list[str]:
    """Write model.safetensors, config.yaml and a manifest.

    Args:
        checkpoint: as published, `sam2.1_hiera_large.pt` and its like.
        to: for `Sam2(weights=to)`; what was there is replaced.
        config: see `tgs.segment.sam2.build`; None takes the one of the published file's name.
    Returns:
        Lines for the reader.
    Raises:
        WeightsError: a file is missing or damaged, the name tells no config, or the two do not fit. Nothing has changed
            then.
    """
    config = _config_of(checkpoint) if config is None else config
    state = load(checkpoint, config).state_dict()
    with whole_folder(to) as folder:
        shutil.copyfile(config_file(config), folder / "config.yaml")
        write_weights(folder, state, dtype=None)
        made = {"format": 1, "made_by": "tgs.convert", "config": config, "source": [provenance(checkpoint)]}
        write_json(folder / "manifest.json", made)
    return [f"{len(state)} tensors, {sum(value.numel() for value in state.values()):,} numbers, as {config} has them"]


def _config_of(checkpoint: Path) -> str:
    if found := _NAME.fullmatch(checkpoint.stem):
        return f"configs/{found[1]}/{found[1]}_hiera_{_SIZE[found[2]]}.yaml"
    raise WeightsError(
        f"{checkpoint}: no published name, as sam2.1_hiera_large.pt is; say its config, as "
        "--config configs/sam2.1/sam2.1_hiera_l.yaml"
    )
