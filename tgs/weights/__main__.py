"""List, fetch and check the weights that a config needs: `python -m tgs.weights scale=paper paths.weights=DIR`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig, OmegaConf

from tgs.config.compose import CONF, register, typed
from tgs.config.job import plain_errors
from tgs.config.weights import WeightsConfig
from tgs.errors import WeightsError

if TYPE_CHECKING:
    from tgs.weights.catalogue import Weights
    from tgs.weights.listing import Row

log = logging.getLogger("tgs")
register(WeightsConfig)

STAGES = ("thinker", "grounder", "segmenter")


@hydra.main(version_base="1.3", config_path=CONF, config_name="weights")
@plain_errors
def main(cfg: DictConfig) -> None:
    """Look, fetch if asked to, print; exit code 1 unless everything is there and fits."""
    run(cfg)


def run(cfg: DictConfig, endpoint: str | None = None) -> None:
    """See `main`.

    Args:
        cfg: composed, see `WeightsConfig`.
        endpoint: of the hub, see `fetch`.
    Raises:
        WeightsError: something is missing or does not fit; it names what, and why it was not fetched.
    """
    config = typed(cfg, WeightsConfig)
    from tgs.weights.listing import show, wanted

    root, rows, refused = Path(config.paths.weights), look(cfg), []
    if config.download and (entries := [entry for entry in wanted(rows, root) if entry.repository is not None]):
        refused = fetch_each(entries, root, endpoint)
        rows = look(cfg)
    show(rows, root)
    if left := [str(row.place) for row in rows if row.off]:
        on_hub = not config.download and any(entry.repository for entry in wanted(rows, root))
        steps = "; download=true fetches what the hub has" if on_hub else ""
        told = f"{len(left)} of {len(rows)} weights are missing or do not fit: {', '.join(left)}. See above{steps}."
        raise WeightsError("\n".join([told, *refused]))
    log.info("all %d weights are there and fit", len(rows))


def look(cfg: DictConfig) -> list[Row]:
    """Every weights that the config needs, and what is there."""
    from tgs.weights.examine import examine
    from tgs.weights.listing import rows_of

    stages: Any = {name: OmegaConf.to_container(cfg[name], resolve=True) for name in STAGES}
    zoo, checkpoint = Path(cfg.paths.zoo), Path(cfg.checkpoint) if cfg.checkpoint else None
    return rows_of(examine(stages, zoo, checkpoint), Path(cfg.paths.weights), zoo)


def fetch_each(entries: list[Weights], root: Path, endpoint: str | None = None) -> list[str]:
    """Fetch one after the other; one that is refused does not stop the others.

    Returns:
        Why some were not fetched.
    """
    from tgs.weights.catalogue import told_size
    from tgs.weights.download import fetch

    refused = []
    for entry in entries:
        log.info("fetching %s from %s, size: %s", entry.place, entry.repository, told_size(entry.size))
        try:
            fetch(entry, root, endpoint)
        except WeightsError as error:
            log.warning("%s", error)
            refused.append(str(error))
    return refused


if __name__ == "__main__":
    main()
