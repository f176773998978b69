"""From config files to a checked root: what every entry point does first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationToMissingValueError

from tgs.config.eval import check_evaluation
from tgs.config.train import check_training
from tgs.digest import digest_value
from tgs.errors import ConfigError

CONF = str(Path(__file__).resolve().parents[2] / "conf")
"""The config folder, beside the package."""

T = TypeVar("T")


def register(*roots: type) -> None:
    """Tell Hydra some typed roots and tgs's resolvers; before `hydra.main` composes.

    `${tgs_package:PATH}` lies in the package; `${tgs_below:FOLDER,PATH}` is PATH below FOLDER, or PATH if absolute.

    Args:
        roots: what will be composed, `EvalConfig` for conf/eval.yaml, and no more: for `--help` Hydra copies all that
            it knows once for every config group.
    """
    for root in roots:
        ConfigStore.instance().store(f"{root.__name__.removesuffix('Config').lower()}_schema", root)
    OmegaConf.register_new_resolver("tgs_package", lambda path: str(Path(__file__).parents[1] / path), replace=True)
    OmegaConf.register_new_resolver("tgs_below", lambda folder, path: str(Path(folder) / path), replace=True)


def typed(cfg: DictConfig, root: type[T]) -> T:
    """The composed config as its dataclass, checked.

    Raises:
        ConfigError: a value that a user must give is missing; or see `check_evaluation` and `check_training`.
    """
    try:
        missing = sorted(key for key in OmegaConf.missing_keys(cfg) if not key.startswith("paths."))
    except InterpolationToMissingValueError as error:
        named = str(error).splitlines()[0].rpartition(": ")[2]
        raise ConfigError(f"{error.full_key} needs {named}, which has no value: add {named}=DIR") from error
    if "task" in missing:
        known = ", ".join(name for name, entry in experiments().items() if entry == "train")
        raise ConfigError(f"nothing to train: pick a run with +experiment=NAME, one of {known}")
    if missing:
        raise ConfigError(f"no value for {', '.join(missing)}: give it on the command line, {missing[0]}=...")
    if "table" in cfg and cfg.table.write is not None and not cfg.table.name:
        raise ConfigError(f"table.write={cfg.table.write} writes a page of which name? Add table.name=NAME.")
    if "thresholds" in cfg:
        check_evaluation(cfg)
    if "task" in cfg:
        check_training(cfg)
    return cfg  # type: ignore[return-value]  # a DictConfig typed by `root`: attribute access is checked by OmegaConf


def experiments() -> dict[str, str]:
    """Every name of conf/experiment, and whose it is: `train` where it names a run, else `eval`."""
    paths = sorted(Path(CONF, "experiment").glob("*.yaml"))
    return {path.stem: "train" if "run" in OmegaConf.load(path) else "eval" for path in paths}


def refuse_foreign_experiment(entry: str, arguments: Sequence[str]) -> None:
    """Before Hydra composes, whose error would only be about a key that another root has.

    Args:
        entry: `train` or `eval`.
        arguments: of the command line.
    Raises:
        SystemExit: +experiment= names one of the other entry point.
    """
    asked = [argument.partition("=")[2].split(",") for argument in arguments if argument.startswith("+experiment=")]
    for name in (name for names in asked for name in names):
        if (owner := experiments().get(name, entry)) != entry:
            sys.exit(f"ConfigError: {name} is an experiment of tgs.{owner}: python -m tgs.{owner} +experiment={name}")


def settings_of(cfg: DictConfig, without: tuple[str, ...]) -> dict[str, Any]:
    """Plain, resolved settings except the top-level keys `without`: what a run's digest is made of."""
    kept = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key not in without])
    return OmegaConf.to_container(kept, resolve=False, enum_to_str=True)  # type: ignore[return-value]


def digest_config(cfg: DictConfig, without: tuple[str, ...] = ("paths", "logger", "overwrite")) -> str:
    """Digest of what a run's result depends on; interpolated paths count by their name, not their place."""
    return digest_value(settings_of(cfg, without))
