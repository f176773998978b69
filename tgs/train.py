"""Train one named run: `python -m tgs.train +experiment=phase2_lora`. Composes, checks, builds, runs, records."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from tgs.config.compose import CONF, refuse_foreign_experiment, register, settings_of, typed
from tgs.config.job import plain_errors
from tgs.config.train import NOT_OF_A_RUN, TrainConfig
from tgs.processes import first_process, only_first_tells, refuse_overwrite_by_many

if TYPE_CHECKING:
    from tgs.lit.gate import Gate
    from tgs.lit.run_folder import RunFolder

log = logging.getLogger("tgs")
register(TrainConfig)


@hydra.main(version_base="1.3", config_path=CONF, config_name="train")
@plain_errors
def main(cfg: DictConfig) -> str:
    """Returns the run's folder."""
    config = typed(cfg, TrainConfig)
    from tgs.lit.gate import Gate, hold_to
    from tgs.lit.run_folder import RunFolder, digests

    gate = Gate(**OmegaConf.to_container(cfg.gate)) if cfg.gate else None  # type: ignore[arg-type]
    run = RunFolder(Path(config.paths.runs) / "train" / config.run)
    only_first_tells()
    refuse_overwrite_by_many(config.overwrite)
    if first_process():
        run.claim(
            settings_of(cfg, without=NOT_OF_A_RUN),
            overwrite=config.overwrite,
            experiment=HydraConfig.get().runtime.choices.get("experiment"),
            ingredients=digests(config.ingredients),
        )
    if run.done:
        log.info("%s is done already, scores %s; overwrite=true trains it again", run.path, run.summary()["scores"])
    else:
        fit(cfg, run, gate)
    if gate and first_process():
        hold_to(gate, run)
    return str(run.path)


def fit(cfg: DictConfig, run: RunFolder, gate: Gate | None) -> None:
    """Build what the settings name, and train it."""
    from lightning import seed_everything

    from tgs.lit.optim import Optim
    from tgs.lit.training import train

    seed_everything(cfg.seed, workers=True, verbose=False)
    data = instantiate(cfg.data, seed=cfg.seed, _convert_="all")
    optim = Optim(**OmegaConf.to_container(cfg.optim))  # type: ignore[arg-type]
    task = instantiate(cfg.task, _partial_=True, _convert_="all")(optim=optim)  # as it is, not as a config
    callbacks = [instantiate(callback) for callback in (cfg.callbacks or {}).values()]
    loggers = [instantiate(logger, save_dir=run.path) for logger in (cfg.logger or {}).values()]
    trainer_settings = OmegaConf.to_container(cfg.trainer)
    scores = train(
        task, data, run, trainer_settings,  # type: ignore[arg-type]
        callbacks=callbacks, loggers=loggers, gate=gate, sweeping=HydraConfig.get().mode is RunMode.MULTIRUN,
    )  # fmt: skip
    log.info("%s done: %s", run.path, ", ".join(f"{name} {value:.4g}" for name, value in scores.items()))


if __name__ == "__main__":
    refuse_foreign_experiment("train", sys.argv[1:])
    main()
