"""Evaluate one setting, `python -m tgs.eval prompt=simple`, or many in one table, `... -m prompt=fine,simple,raw`."""

from __future__ import annotations

import logging
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from tgs import __version__
from tgs.atomic import write_json
from tgs.config.compose import CONF, digest_config, refuse_foreign_experiment, register, typed
from tgs.config.eval import NO_QUIRK, EvalConfig
from tgs.config.job import forget_jobs, job_folder, plain_errors, sweep_goes_on
from tgs.digest import digest_files, digest_value
from tgs.errors import WeightsError
from tgs.processes import first_process, only_first_tells, refuse_overwrite_by_many
from tgs.types import THINKING, Control

if TYPE_CHECKING:
    from tgs.data.files import BenchmarkFiles

log = logging.getLogger("tgs")
register(EvalConfig)

NOT_OF_THE_NUMBERS = ("paths", "logger", "overwrite", "overlays", "masks", "checkpoint", "trainer", "table", "store")
"""Keys of EvalConfig on which no number depends, or which `origin_of` names in another way."""


@hydra.main(version_base="1.3", config_path=CONF, config_name="eval")
@plain_errors
@sweep_goes_on
def main(cfg: DictConfig) -> None:
    """Score, record, print the row."""
    config = typed(cfg, EvalConfig)
    from lightning import seed_everything

    from tgs.data.benchmark import BenchmarkData
    from tgs.data.predictions.base import keys_of
    from tgs.data.predictions.images import PredictedImages
    from tgs.data.predictions.own import OwnMasks
    from tgs.lit.evaluate import Evaluate
    from tgs.lit.progress import progress_callback
    from tgs.lit.sharing import summed
    from tgs.lit.training import build_trainer, quiet
    from tgs.metrics.protocols import protocol
    from tgs.pipeline.build import build_agent
    from tgs.pipeline.identity import code_of
    from tgs.pipeline.recall import Recall
    from tgs.pipeline.scored import SCORING, Scorer
    from tgs.pipeline.store import Store
    from tgs.report.records import eval_folder
    from tgs.report.summarise import summarise

    only_first_tells()
    refuse_overwrite_by_many(config.overwrite)
    seed_everything(config.seed, workers=True, verbose=False)
    files: BenchmarkFiles = instantiate(config.benchmark, _convert_="all")
    data = BenchmarkData(
        files=files, splits=splits_of(config, files), only=config.only, limit_clips=config.limit_clips,
        control=config.control.name, control_seed=config.control.seed, one_per_uid=config.one_per_uid,
    )  # fmt: skip
    data.setup()
    rule = protocol(config.protocol.name)
    origin = origin_of(cfg, files)
    changed = [name for name, plain in ((config.control.name, Control.none), (config.quirk, NO_QUIRK)) if name != plain]
    named = "-".join([config.prompt.policy, *changed])
    folder = eval_folder(Path(config.paths.runs), files.name, named, digest_value(origin))
    if config.overwrite and first_process():
        shutil.rmtree(folder.path, ignore_errors=True)
    log.info("%d references of %s, records in %s", len(data.references), files.name, folder.path)
    loggers = [instantiate(logger, save_dir=folder.path) for logger in (config.logger or {}).values()]
    settings: Any = OmegaConf.to_container(cfg.trainer)
    sweeping = HydraConfig.get().mode is RunMode.MULTIRUN
    trainer = build_trainer(
        settings, callbacks=[progress_callback()], loggers=loggers, folder=folder.path, sweeping=sweeping
    )
    recall = Recall(Store(config.store.folder) if config.store.folder else None)
    agent = build_agent(config, recall)
    scorer = Scorer(rule, code_of(*SCORING), lambda: agent.segmenter.identity, recall)
    masks = OwnMasks(PredictedImages(folder.path / "masks"), keys_of(files.references())) if config.masks else None
    pictured = data.first_clips(config.overlays)
    module = Evaluate(agent=agent, scorer=scorer, folder=folder, pictured=pictured, masks=masks)
    with quiet():
        trainer.predict(module, data, return_predictions=False)
    seconds = summed(trainer, agent.seconds)  # every process has now written the records of its clips
    if not trainer.is_global_zero:
        return
    summarise(folder, rule, data.references, data.asked, origin, seconds)
    (folder.path / "config.yaml").write_text(OmegaConf.to_yaml(cfg))
    write_json(job_folder() / "result.json", {"folder": str(folder.path.resolve())})
    if not sweeping:  # a sweep prints one table at its end
        from tgs.report.page import Page

        Page.of(OmegaConf.to_object(cfg.table), [folder.path]).show()  # type: ignore[arg-type]
        keep_small(config.store)


def keep_small(store: Any) -> None:
    """Drop what was not used for longest from a store (see `StoreConfig`) that has outgrown its budget."""
    from tgs.pipeline.upkeep import files_of_store, prune
    from tgs.progress import shown

    if store.folder is None or store.budget_gb is None or not Path(store.folder).is_dir():
        return
    files, budget = files_of_store(Path(store.folder)), int(1e9 * store.budget_gb)
    if sum(file.size for file in files) > budget:
        with shown() as progress:
            gone = prune(files, budget, progress)
        log.info("%s: %d files went, to keep within store.budget_gb=%g", store.folder, gone.files, store.budget_gb)


def splits_of(config: EvalConfig, files: BenchmarkFiles) -> list[str]:
    """The asked splits that the benchmark has: R2's csv has no null rows."""
    present = {reference.split for reference in files.references()}
    return [split for split in config.splits if split in present]


def origin_of(cfg: DictConfig, files: BenchmarkFiles) -> dict[str, Any]:
    """Everything that the numbers depend on, in plain values; its digest names the folder.

    Raises:
        WeightsError: the checkpoint that is to be evaluated is not there.
    """
    thinks = cfg.prompt.policy in THINKING  # else the checkpoint is not looked at: one record serves all seeds
    checkpoint = Path(cfg.checkpoint) if cfg.checkpoint and thinks else None
    held = [path for path in checkpoint.glob("*") if path.is_file()] if checkpoint else []
    if checkpoint and not held:  # nothing else would notice, where all is known already
        raise WeightsError(
            f"{checkpoint}: no such folder, or an empty one. Train phase 2 (python -m tgs.train "
            "+experiment=phase2_lora), or give an export: checkpoint=DIR; null evaluates the thinker without one."
        )
    weights = digest_files(held, checkpoint) if checkpoint else None
    return {
        "tgs": __version__,
        "benchmark": files.name,
        "benchmark_version": files.version(),
        "benchmark_digest": files.digest(),
        "scale": cfg.scale,
        "policy": str(cfg.prompt.policy),
        "prompt": OmegaConf.to_container(cfg.prompt, enum_to_str=True),
        "control": str(cfg.control.name),
        "quirk": cfg.quirk,
        "one_per_uid": cfg.one_per_uid,
        "asking": OmegaConf.to_container(cfg.asking, enum_to_str=True) if thinks else None,
        "segmenting": OmegaConf.to_container(cfg.segmenting),
        "segmenter": {"mode": cfg.segmenter.mode},
        "thresholds": OmegaConf.to_container(cfg.thresholds),
        "protocol": cfg.protocol.name,
        "checkpoint": weights,
        "training": weights and (training_of(checkpoint) or weights),
        "zoo": digest_files(sorted(Path(cfg.paths.zoo).rglob("*.safetensors")), Path(cfg.paths.zoo)),
        "settings": digest_config(cfg, without=NOT_OF_THE_NUMBERS),
    }


def training_of(checkpoint: Path | None) -> str | None:
    """Digest of how an export was trained, but for the seed: what seeds of one training have in common.

    None for a folder that no run of ours left.
    """
    from tgs.lit.run_folder import RunFolder, relevant

    if checkpoint is None or not (checkpoint.parent / "run.json").is_file():
        return None
    made = RunFolder(checkpoint.parent).made_by()
    settings = {key: value for key, value in relevant(made["settings"]).items() if key != "seed"}
    return digest_value([settings, made.get("ingredients")])


class SweepTable(Callback):
    """At a sweep's end: one table with a row per setting, printed and as table.md, whichever launcher ran the jobs.

    With table.write, the page goes to `{table.write}/{table.name}.md`, too.
    """

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Note the time; what lies in the folder from an earlier sweep goes."""
        self.begun = time.monotonic()
        forget_jobs(Path(config.hydra.sweep.dir))

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Collect what every job left in its folder."""
        from tgs.report.page import Page
        from tgs.report.provenance import Made
        from tgs.report.records import finished

        sweep = Path(config.hydra.sweep.dir)
        made = Made.now(shlex.join(["python", "-m", "tgs.eval", *sys.argv[1:]]), time.monotonic() - self.begun)
        folders, jobs = finished(sweep), len([path for path in sweep.iterdir() if path.name.isdigit()])
        if folders:
            page = Page.of(OmegaConf.to_object(config.table), folders)  # type: ignore[arg-type]
            page.show()
            page.write(sweep / "table.md", made)
            if page.table.write is not None:
                page.write(Path(page.table.write) / f"{page.table.name}.md", made)
        keep_small(config.store)
        if failed := jobs - len(folders):  # Hydra turns any other exception of a callback into a warning
            sys.exit(f"{failed} of {jobs} jobs failed: their rows are missing; `python -m tgs.sweep {sweep}` says why")


if __name__ == "__main__":
    refuse_foreign_experiment("eval", sys.argv[1:])
    main()
