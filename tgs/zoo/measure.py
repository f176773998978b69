"""Score shipped weights again: each stage's own validation, with the part's weights in its task.

The heads through which `zoo_vision` and `zoo_audio` are scored are not shipped; they come from the checkpoint of a run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from lightning import seed_everything
from omegaconf import OmegaConf

from tgs.errors import DataError, WeightsError
from tgs.ground.hf import load as load_grounder
from tgs.lit.optim import Optim
from tgs.lit.run_folder import RunFolder
from tgs.lit.training import build_trainer, quiet
from tgs.segment.sam2 import load as load_segmenter
from tgs.think.build import load_phase1
from tgs.think.encoders.beats_weights import load_beats
from tgs.think.encoders.clip import load_clip
from tgs.think.llm import load_llm, load_tokenizer
from tgs.zoo.parts import PARTS
from tgs.zoo.recipe import today


def measure(part: str, zoo: Path, runs: Path, overrides: Sequence[str] = ()) -> dict[str, float]:
    """Validation scores of a part as it lies in the zoo.

    Args:
        part: its name.
        zoo: folder of the parts.
        runs: where a run of zoo_vision or zoo_audio may lie, for its heads.
        overrides: of the composed experiment.
    Raises:
        WeightsError: the weights are missing or do not fit the recipe.
        DataError: the validation data or the heads are missing.
    """
    cfg = today(PARTS[part], [*overrides, *_WITHOUT_INGREDIENTS.get(part, [])]).cfg
    cfg.paths.zoo, cfg.paths.runs = str(zoo), str(runs)
    seed_everything(cfg.seed, workers=True, verbose=False)
    optim = Optim(**OmegaConf.to_container(cfg.optim))  # type: ignore[arg-type]
    task = instantiate(cfg.task, _partial_=True, _convert_="all")(optim=optim)
    run = RunFolder(runs / "train" / PARTS[part])
    try:
        _LOADS[part](task, zoo / part, run)
    except RuntimeError as error:  # torch's own, of a state dict
        raise WeightsError(f"{zoo / part}: does not fit the recipe as conf has it now: {error}") from error
    data = instantiate(cfg.data, seed=cfg.seed, _convert_="all")
    with tempfile.TemporaryDirectory() as folder, quiet():
        settings: Any = OmegaConf.to_container(cfg.trainer)
        trainer = build_trainer(settings, callbacks=[], loggers=[], folder=Path(folder))
        (scores,) = trainer.validate(task, data, verbose=False)
    return dict(scores)


_WITHOUT_INGREDIENTS = {"grounder": ["task.backbone=null"], "segmenter": ["task.start=null"]}
"""A task is built without what its training starts from: the part's own weights come into it."""


def _encoder(load: Callable[[Path], Any]) -> Callable[[Any, Path, RunFolder], None]:
    """Loads an encoder under the heads of a run's checkpoint."""

    def loads(task: Any, folder: Path, run: RunFolder) -> None:
        if not run.last.is_file():
            raise DataError(
                f"the heads that {folder.name} is scored through are not shipped, and {run.last} is not there"
            )
        task.load_state_dict(torch.load(run.last, map_location="cpu", weights_only=False)["state_dict"])
        task.encoder.load_state_dict(load(folder).state_dict())

    return loads


def _llm(task: Any, folder: Path, run: RunFolder) -> None:
    if load_tokenizer(folder).get_vocab() != task.tokenizer.get_vocab():
        raise WeightsError(f"{folder}: its tokenizer has other words than the one that the recipe makes now")
    task.llm.load_state_dict(load_llm(folder).state_dict())


def _phase1(task: Any, folder: Path, run: RunFolder) -> None:
    load_phase1(task.thinker.branches[task.branch], folder.parent, task.branch)


def _grounder(task: Any, folder: Path, run: RunFolder) -> None:
    task.model.load_state_dict(load_grounder(folder).state_dict())


def _segmenter(task: Any, folder: Path, run: RunFolder) -> None:
    task.model.load_state_dict(load_segmenter(folder).state_dict())


_LOADS: dict[str, Callable[[Any, Path, RunFolder], None]] = {
    "vision": _encoder(lambda folder: load_clip(folder, layer=-1)),
    "audio": _encoder(load_beats),
    "llm": _llm,
    "phase1_audio": _phase1,
    "phase1_visual": _phase1,
    "grounder": _grounder,
    "segmenter": _segmenter,
}
