"""Train one named run: `python -m tgs.train +experiment=phase2_lora`. Composes, checks, builds, runs, records."""

from __future__ import annotations

import logging
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from tgs.config import CONF, TrainConfig, plain_errors, register, settings_of, typed

log = logging.getLogger("tgs")
register()


@hydra.main(version_base="1.3", config_path=CONF, config_name="train")
@plain_errors
def main(cfg: DictConfig) -> str:
    """Returns the run's folder."""
    config = typed(cfg, TrainConfig)
    from lightning import seed_everything

    from tgs.lit.optim import Optim
    from tgs.lit.run_folder import RunFolder
    from tgs.lit.training import train

    run = RunFolder(Path(config.paths.runs) / "train" / config.run)
    run.claim(settings_of(cfg, without=("paths", "logger", "overwrite", "run")), overwrite=config.overwrite)
    if run.done:
        log.info("%s is done already, scores %s; overwrite=true trains it again", run.path, run.summary()["scores"])
        return str(run.path)
    seed_everything(config.seed, workers=True, verbose=False)
    data = instantiate(config.data, seed=config.seed, _convert_="all")
    optim = Optim(**OmegaConf.to_container(cfg.optim))  # type: ignore[arg-type]
    task = instantiate(config.task, _partial_=True, _convert_="all")(optim=optim)  # as it is, not as a config
    callbacks = [instantiate(callback) for callback in (config.callbacks or {}).values()]
    loggers = [instantiate(logger, save_dir=run.path) for logger in (config.logger or {}).values()]
    trainer_settings = OmegaConf.to_container(cfg.trainer)
    scores = train(task, data, run, trainer_settings, callbacks=callbacks, loggers=loggers)  # type: ignore[arg-type]
    log.info("%s done: %s", run.path, ", ".join(f"{name} {value:.4g}" for name, value in scores.items()))
    return str(run.path)


if __name__ == "__main__":
    main()
