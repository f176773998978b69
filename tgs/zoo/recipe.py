"""How a part is trained, as plain values: the same for the same training, wherever and on whatever it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

import tgs
from tgs.config.compose import CONF, register, settings_of
from tgs.config.paths import Paths
from tgs.config.train import NOT_OF_A_RUN, TrainConfig
from tgs.lit.gate import Gate

MADE_BY = ("seed", "scale", "trainer", "optim", "task", "data")
"""The other settings of a run matter only where one of these points at them."""
WHERE = ("accelerator", "devices", "num_nodes", "strategy", "precision", "threads", "log_every_n_steps")
"""Keys of the trainer that say where a run trained, not what it did."""


@dataclass(frozen=True)
class Today:
    """An experiment as conf has it now: all of it, its recipe, its gate."""

    cfg: DictConfig
    recipe: dict[str, Any]
    gate: Gate | None


def recipe_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe in a run's settings, resolved; folders are called by the names of their paths.

    Args:
        settings: of run.json, see `settings_of`.
    """
    register()
    places = {field.name: f"paths.{field.name}" for field in fields(Paths)}
    tree = OmegaConf.create({**settings, "paths": places})
    plain: dict[str, Any] = {
        key: OmegaConf.to_container(tree[key], resolve=True) if OmegaConf.is_config(tree[key]) else tree[key]
        for key in MADE_BY
    }
    trainer = plain["trainer"].items()  # a key that is null was not set: one that came later changes no recipe
    plain["trainer"] = {key: value for key, value in trainer if key not in WHERE and value is not None}
    # As JSON gives it back, and without this machine's folders.
    return json.loads(json.dumps(plain).replace(str(Path(tgs.__file__).parent), "tgs"))


def today(experiment: str, overrides: Sequence[str] = ()) -> Today:
    """Compose an experiment; `overrides` are those of the command line."""
    register(TrainConfig)
    with initialize_config_dir(CONF, version_base="1.3"):
        cfg = compose("train", [f"+experiment={experiment}", *overrides])
    gate = Gate(**OmegaConf.to_container(cfg.gate)) if cfg.gate else None  # type: ignore[arg-type]
    return Today(cfg, recipe_of(settings_of(cfg, without=NOT_OF_A_RUN)), gate)
