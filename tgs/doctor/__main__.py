"""Look at a benchmark, the environment and the weights before a long run: `python -m tgs.doctor benchmark=stickers`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from tgs.config.compose import CONF, register, typed
from tgs.config.doctor import DoctorConfig, Part
from tgs.config.job import plain_errors
from tgs.errors import DiagnosisError

if TYPE_CHECKING:
    from tgs.data.files import BenchmarkFiles

log = logging.getLogger("tgs")
register(DoctorConfig)

STAGES = ("thinker", "grounder", "segmenter")


@hydra.main(version_base="1.3", config_path=CONF, config_name="doctor")
@plain_errors
def main(cfg: DictConfig) -> None:
    """Examine, print, write; exit code 1 if there is an error."""
    config = typed(cfg, DoctorConfig)
    from tgs.doctor.diagnosis import Diagnosis
    from tgs.doctor.environment import examine_environment
    from tgs.doctor.examine import examine_benchmark, record_folder
    from tgs.doctor.finding import Severity
    from tgs.doctor.weights import examine_weights
    from tgs.progress import shown

    files: BenchmarkFiles = instantiate(config.benchmark, _convert_="all")
    record, charts = record_folder(files, Path(config.paths.runs)), {}
    if {Part.csv, Part.clips} & set(config.check):
        with shown() as progress:
            charts |= examine_benchmark(
                files, record, clips=Part.clips in config.check, splits=config.splits, workers=config.workers,
                overwrite=config.overwrite, progress=progress,
            )  # fmt: skip
    if Part.environment in config.check:
        charts[Part.environment] = examine_environment(
            accelerator=config.trainer.accelerator, devices=config.trainer.devices, runs=Path(config.paths.runs)
        )
    if Part.weights in config.check:
        stages: Any = {name: OmegaConf.to_container(cfg[name], resolve=True) for name in STAGES}
        checkpoint = Path(config.checkpoint) if config.checkpoint else None
        charts[Part.weights] = examine_weights(stages, Path(config.paths.zoo), Path(config.paths.weights), checkpoint)
    diagnosis, output = Diagnosis(files.name, charts), Path(config.output or record / "doctor.json")
    diagnosis.show()
    diagnosis.write(output)
    log.info("all findings in %s", output)
    if diagnosis.count(Severity.error):
        raise DiagnosisError(f"{diagnosis.verdict()}: the table above says what to do, {output} lists every place.")


if __name__ == "__main__":
    main()
