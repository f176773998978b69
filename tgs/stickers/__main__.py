"""Make the built-in benchmark, `python -m tgs.stickers`, or phase 1's captions, `... set=captions`."""

from __future__ import annotations

import logging
from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from tgs.config.compose import CONF, register, typed
from tgs.config.job import plain_errors
from tgs.config.stickers import StickersConfig

log = logging.getLogger("tgs")
register(StickersConfig)


@hydra.main(version_base="1.3", config_path=CONF, config_name="stickers")
@plain_errors
def main(cfg: DictConfig) -> None:
    """Compose, check, make."""
    config = typed(cfg, StickersConfig)
    from tgs.progress import shown
    from tgs.stickers.write import write_benchmark

    root, sounds = Path(config.folder), Path(config.paths.data) / "sounds"
    settings = instantiate(config.settings, _convert_="all")
    with shown() as progress:
        made = write_benchmark(
            root, settings, progress, sounds=sounds, processes=config.workers, overwrite=config.overwrite
        )
    state = "made" if made else "is there already, with the same settings; nothing to do"
    log.info("stickers %s: %s %s", settings.digest(), root, state)


if __name__ == "__main__":
    main()
