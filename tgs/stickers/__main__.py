"""Make the built-in benchmark, `python -m tgs.stickers`, or phase 1's captions, `... set=captions`."""

from __future__ import annotations

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from tgs.config.compose import CONF, register, typed
from tgs.config.job import plain_errors
from tgs.config.stickers import StickersConfig

register()


@hydra.main(version_base="1.3", config_path=CONF, config_name="stickers")
@plain_errors
def main(cfg: DictConfig) -> None:
    """Compose, check, make."""
    config = typed(cfg, StickersConfig)
    from tgs.stickers.build import make

    sounds = Path(config.paths.data) / "sounds"
    settings = instantiate(config.settings, _convert_="all")
    make(settings, Path(config.folder), sounds=sounds, processes=config.workers, overwrite=config.overwrite)


if __name__ == "__main__":
    main()
