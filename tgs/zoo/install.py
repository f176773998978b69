"""Make a finished run's export a part of a zoo, with an entry in the manifest that says where it comes from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from tgs.digest import digest_path, digest_value
from tgs.errors import WeightsError
from tgs.lit.run_folder import RunFolder
from tgs.weight_files import read_weights
from tgs.zoo import manifest
from tgs.zoo.parts import BAND, experiment_of, files_of, part_of
from tgs.zoo.recipe import recipe_of

WEIGHTS = "model.safetensors"


def install(run: RunFolder, zoo: Path) -> tuple[str, bool]:
    """Copy the export into the zoo's folder of its part, whose card stays, and note it in the manifest.

    A kill in between leaves files that the manifest does not describe: install again.

    Returns:
        The part, and whether anything changed.
    Raises:
        DataError: the run is not finished.
        ConfigError: it makes no part.
        WeightsError: its weights are not in fp16.
    """
    part, entry = part_of(run), entry_of(run)
    state = read_weights(run.export / WEIGHTS, "Train the run again.")
    wide = {str(tensor.dtype) for tensor in state.values() if tensor.is_floating_point()}
    if wide - {str(torch.float16)}:
        raise WeightsError(f"{run.export / WEIGHTS}: holds {', '.join(sorted(wide))}; parts are shipped in float16")
    with manifest.locked(zoo):
        parts = manifest.read(zoo) if (zoo / manifest.NAME).is_file() else {}
        folder = zoo / part
        before = parts.get(part, {})
        if "band" in before and set(before["band"]) == set(entry["band"]):
            entry["band"] = before["band"]  # it may have been set by hand
        if before == entry and folder.is_dir() and manifest.files(folder) == entry["files"]:
            return part, False
        copy(run.export, folder)
        manifest.write(zoo, parts | {part: entry})
    return part, True


def entry_of(run: RunFolder) -> dict[str, Any]:
    """What the manifest says of a run's part.

    `minutes` are None where the run did not count them over all its legs.
    """
    summary, made_by = run.summary(), run.made_by()
    recipe = recipe_of(made_by["settings"])
    gate = summary.get("gate")
    return {
        "experiment": experiment_of(run),
        "files": manifest.files(run.export),
        "digest": digest_path(run.export),
        "recipe": recipe,
        "recipe_digest": digest_value(recipe),
        "ingredients": made_by.get("ingredients", {}),
        "scores": {name: value for name, value in summary["scores"].items() if name.startswith("val/")},
        "gate": gate,
        "band": {gate["score"]: BAND} if gate else {},
        "steps": summary.get("steps"),
        "minutes": minutes(summary),
        "trained_on": {key: made_by["settings"]["trainer"][key] for key in ("accelerator", "precision", "threads")},
        "begun": made_by["begun"],
        "ended": summary["ended"],
        "tgs": summary["tgs"],
        "torch": summary.get("torch"),
        "commit": made_by.get("commit"),
    }


def minutes(summary: dict[str, Any]) -> dict[str, float] | None:
    """Wall and CPU minutes of a whole run; None where its first legs were not counted."""
    if "seconds" not in summary or summary["timed_from_step"]:
        return None
    return {"wall": round(summary["seconds"] / 60, 1), "cpu": round(summary["cpu_seconds"] / 60, 1)}


def copy(export: Path, folder: Path) -> None:
    """Make `folder` hold the export's files, each whole or not at all, and besides them only its card."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files_of(export):
        partial = folder / f".{file.name}.{os.getpid()}"
        shutil.copyfile(file, partial)
        partial.replace(folder / file.name)
    kept = {file.name for file in files_of(export)}
    for file in files_of(folder):
        if file.name not in kept:
            file.unlink()
