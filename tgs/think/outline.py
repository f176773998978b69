"""Would a thinker's weights load? Told by names and shapes, without reading the language model's numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tgs.think.build import PHASE1_FOLDER, EngineName, Start, build_ref_thinker, remedy
from tgs.think.checkpoints import read_trained
from tgs.think.encoders.beats_weights import load_beats
from tgs.think.encoders.clip import load_clip
from tgs.think.llm import check_llm, llm_sizes, load_tokenizer

Check = Callable[[], object]
"""Raises WeightsError if what it looks at is missing, damaged, or does not fit."""


class PartCheck(NamedTuple):
    """A file or folder, the setting that names it, and its check."""

    part: str
    place: Path
    check: Check


def part_checks(settings: Mapping[str, Any], checkpoint: Path | None = None) -> list[PartCheck]:
    """Every file or folder that `build_ref_thinker` would read, each with its own check.

    Args:
        settings: keywords of `build_ref_thinker`.
        checkpoint: folder of a phase-2 export, if it is to be read, too.
    """
    weights = Path(settings["weights"])
    checks: list[PartCheck] = []
    for part, loads in (("vision", load_clip), ("audio", load_beats), ("llm", check_llm)):
        if (path := settings[part].get("path")) is not None:
            checks.append(PartCheck(f"thinker.{part}", weights / path, partial(loads, weights / path)))
    words = settings["llm"].get("tokenizer", settings["llm"].get("path"))
    tokenizer = weights / words / "tokenizer.json"
    checks.append(PartCheck("thinker.llm", tokenizer, partial(load_tokenizer, weights / words)))
    if settings.get("branches", Start.phase1) == Start.phase1:
        for name in PHASE1_FOLDER.values():
            check = partial(read_trained, weights / name, remedy=remedy(name))
            checks.append(PartCheck("thinker.branches", weights / name, check))
    if checkpoint is not None:
        check = partial(read_trained, checkpoint, remedy=remedy("phase2_lora"))
        checks.append(PartCheck("checkpoint", checkpoint, check))
    return checks


def check_whole(settings: Mapping[str, Any], checkpoint: Path | None = None) -> None:
    """Build the thinker on torch's meta device, where tensors are shapes, and read into it all but the language model.

    Args:
        settings, checkpoint: see `part_checks`, which must all have passed.
    Raises:
        WeightsError: trained parts do not fit the others.
        ConfigError: see `build_ref_thinker`.
    """
    llm = dict(settings["llm"])
    if (path := llm.get("path")) is not None:
        sizes = llm_sizes(Path(settings["weights"]) / path)
        llm = {"tokenizer": path} | llm | {"path": None, "random": sizes, "quantize": None}
    qformer = dict(settings["qformer"]) | {"match_embeddings": False}  # it looks at numbers, and changes no shape
    with torch.device("meta"):
        build_ref_thinker(
            **{**settings, "llm": llm, "qformer": qformer, "engine": EngineName.torch}, checkpoint=checkpoint
        )
