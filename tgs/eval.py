"""Evaluate one setting, `python -m tgs.eval prompt=simple`, or many in one table, `... -m prompt=fine,simple,raw`."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from tgs import __version__
from tgs.config import CONF, EvalConfig, digest_config, job_folder, plain_errors, register, typed
from tgs.digest import digest_files, digest_value
from tgs.types import Policy

if TYPE_CHECKING:
    from tgs.data.files import BenchmarkFiles
    from tgs.pipeline.agent import Agent

log = logging.getLogger("tgs")
register()


@hydra.main(version_base="1.3", config_path=CONF, config_name="eval")
@plain_errors
def main(cfg: DictConfig) -> None:
    """Score, record, print the row."""
    config = typed(cfg, EvalConfig)
    from lightning import seed_everything

    from tgs.data.benchmark import BenchmarkData
    from tgs.lit.evaluate import Evaluate, eval_folder, summarise
    from tgs.lit.progress import progress_callback
    from tgs.lit.training import build_trainer, quiet
    from tgs.metrics.protocols import protocol

    seed_everything(config.seed, workers=True, verbose=False)
    files: BenchmarkFiles = instantiate(config.benchmark, _convert_="all")
    data = BenchmarkData(files=files, splits=splits_of(config, files), limit_clips=config.limit_clips)
    data.setup()
    rule = protocol(config.protocol.name)
    origin = origin_of(cfg, files)
    folder = eval_folder(Path(config.paths.runs), files.name, config.prompt.policy, digest_value(origin))
    if config.overwrite:
        shutil.rmtree(folder.path, ignore_errors=True)
    log.info("%d references of %s, records in %s", len(data.references), files.name, folder.path)
    agent = build_agent(config)
    module = Evaluate(agent=agent, protocol=rule, folder=folder, overlays=config.overlays)
    loggers = [instantiate(logger, save_dir=folder.path) for logger in (config.logger or {}).values()]
    settings: Any = OmegaConf.to_container(cfg.trainer)
    trainer = build_trainer(settings, callbacks=[progress_callback()], loggers=loggers, folder=folder.path)
    with quiet():
        trainer.predict(module, data, return_predictions=False)
    summarise(folder, rule, data.references, data.asked, origin, agent.seconds)
    (folder.path / "config.yaml").write_text(OmegaConf.to_yaml(cfg))
    (job_folder() / "result.json").write_text(json.dumps({"folder": str(folder.path.resolve())}))
    if HydraConfig.get().mode is RunMode.RUN:  # a sweep prints one table at its end
        show([folder.path])


def build_agent(config: EvalConfig) -> Agent:
    """The stages that the policy needs, and no others."""
    from tgs.ground.select import Choice
    from tgs.pipeline.agent import Agent
    from tgs.pipeline.description import THINKING

    policy, thresholds = config.prompt.policy, config.thresholds
    thinker = grounder = None
    if policy in THINKING:
        thinker = instantiate(config.thinker, checkpoint=config.checkpoint, _convert_="all")
    if policy is not Policy.box:
        grounder = instantiate(config.grounder, _convert_="all")
    return Agent(
        policy, instantiate(config.segmenter, _convert_="all"), thinker, grounder,
        box_threshold=thresholds.box, choice=Choice(thresholds.choice), max_boxes=thresholds.max_boxes,
    )  # fmt: skip


def splits_of(config: EvalConfig, files: BenchmarkFiles) -> list[str]:
    """The asked splits that the benchmark has: R2's csv has no null rows."""
    present = {reference.split for reference in files.references()}
    return [split for split in config.splits if split in present]


def origin_of(cfg: DictConfig, files: BenchmarkFiles) -> dict[str, Any]:
    """Everything that the numbers depend on, in plain values; its digest names the folder."""
    checkpoint = Path(cfg.checkpoint) if cfg.checkpoint else None
    held = [path for path in checkpoint.glob("*") if path.is_file()] if checkpoint and checkpoint.is_dir() else []
    return {
        "tgs": __version__,
        "benchmark": files.name,
        "benchmark_digest": files.digest(),
        "scale": cfg.scale,
        "policy": str(cfg.prompt.policy),
        "thresholds": OmegaConf.to_container(cfg.thresholds),
        "protocol": cfg.protocol.name,
        "checkpoint": digest_files(held, checkpoint) if checkpoint and held else None,
        "zoo": digest_files(sorted(Path(cfg.paths.zoo).rglob("*.safetensors")), Path(cfg.paths.zoo)),
        "settings": digest_config(cfg, without=("paths", "logger", "overwrite", "overlays", "checkpoint", "trainer")),
    }


def show(folders: list[Path], markdown: Path | None = None) -> None:
    """Print the table of finished evaluations; write it to `markdown`, too."""
    from rich.console import Console

    from tgs.report.records import EvalFolder
    from tgs.report.tables import main_table, markdown_table

    summaries = [EvalFolder(folder).summary() for folder in folders]
    Console(width=140).print(main_table(summaries))
    if markdown is not None:
        markdown.write_text(markdown_table(summaries) + "\n")


class SweepTable(Callback):
    """At a sweep's end: one table with a row per finished job, printed and as table.md, whichever launcher ran them."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Collect what every job left in its folder."""
        sweep = Path(config.hydra.sweep.dir)
        results = sorted(sweep.glob("*/result.json"), key=lambda path: int(path.parent.name))
        folders = [Path(json.loads(path.read_text())["folder"]) for path in results]
        jobs = len([path for path in sweep.iterdir() if path.name.isdigit()])
        if len(folders) < jobs:
            log.warning(
                "%d of %d jobs failed: their rows are missing; see the logs in %s", jobs - len(folders), jobs, sweep
            )
        show(folders, sweep / "table.md")


if __name__ == "__main__":
    main()
