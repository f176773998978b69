"""Score masks of any system, `python -m tgs.score predictions=DIR benchmark=ref_avsbench protocol=tgs`."""

from __future__ import annotations

import logging
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from tgs import __version__
from tgs.atomic import write_json
from tgs.config.compose import CONF, register, typed
from tgs.config.job import plain_errors
from tgs.config.score import ScoreConfig
from tgs.digest import digest_value
from tgs.errors import ConfigError

if TYPE_CHECKING:
    from tgs.data.files import BenchmarkFiles

log = logging.getLogger("tgs")
register(ScoreConfig)

ALL = "all"
"""The `protocol` that stands for every one."""


@hydra.main(version_base="1.3", config_path=CONF, config_name="score")
@plain_errors
def main(cfg: DictConfig) -> None:
    """Find the masks, score them, print the rows."""
    begun = time.monotonic()
    config = typed(cfg, ScoreConfig)
    from tgs.data.predictions.coverage import cover
    from tgs.data.predictions.open import open_predictions
    from tgs.metrics.protocols import PROTOCOLS, protocol
    from tgs.pool import in_processes
    from tgs.progress import shown
    from tgs.report.export import as_json
    from tgs.report.page import Page
    from tgs.report.provenance import Made
    from tgs.report.records import eval_folder
    from tgs.report.results import read
    from tgs.report.summarise import summarise
    from tgs.score.clips import Scorer

    files: BenchmarkFiles = instantiate(config.benchmark, _convert_="all")
    rules = list(PROTOCOLS) if config.protocol.name == ALL else [protocol(config.protocol.name).name]
    if config.output and len(rules) > 1:
        raise ConfigError(
            f"output={config.output} holds the numbers of one protocol: choose one, or write a file each with "
            f"`-m protocol={','.join(rules[:2])},... output='NAME_${{protocol.name}}.json'`"
        )
    predictions = open_predictions(Path(config.predictions), config.foreground)
    covered = cover(predictions, files, config.splits, allow_partial=config.allow_partial)
    digest = predictions.digest(covered.keys[reference.row] for reference in covered.scored)
    origins = {rule: origin_of(config, files, rule, digest) for rule in rules}
    folders = {
        rule: eval_folder(Path(config.paths.runs), files.name, "given", digest_value(origin))
        for rule, origin in origins.items()
    }
    if config.overwrite:
        for folder in folders.values():
            shutil.rmtree(folder.path, ignore_errors=True)
    log.info("masks of %d of %d references of %s", len(covered.scored), len(covered.expected), files.name)
    log.info("records in %s", ", ".join(str(folder.path) for folder in folders.values()))
    scorer = Scorer(files.masks, predictions, covered.keys, folders)
    with shown() as progress:
        for done, _ in enumerate(in_processes(scorer.clip, covered.clips, config.workers), 1):
            progress("clips", done, len(covered.clips))
    for rule, folder in folders.items():
        summarise(folder, protocol(rule), covered.expected, covered.scored, origins[rule], {})
    if config.output:
        write_json(Path(config.output), as_json(read(folders[rules[0]].path)))
    page = Page.of(OmegaConf.to_object(cfg.table), [folder.path for folder in folders.values()])  # type: ignore[arg-type]
    page.show()
    if config.table.write is not None:
        made = Made.now(shlex.join(["python", "-m", "tgs.score", *sys.argv[1:]]), time.monotonic() - begun)
        page.write(Path(config.table.write) / f"{config.table.name}.md", made)


def origin_of(config: ScoreConfig, files: BenchmarkFiles, rule: str, digest: str) -> dict[str, Any]:
    """Everything that the numbers depend on."""
    return {
        "tgs": __version__,
        "benchmark": files.name,
        "benchmark_version": files.version(),
        "benchmark_digest": files.digest(),
        "policy": "given",
        "predictions": Path(config.predictions).name,
        "predictions_digest": digest,
        "foreground": str(config.foreground),
        "splits": list(config.splits),
        "protocol": rule,
    }


if __name__ == "__main__":
    main()
