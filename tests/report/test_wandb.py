"""W&B, offline: one run a logger, closed at its end, so that a sweep's jobs do not run into each other."""

import sys

import pytest

from tgs.errors import ConfigError
from tgs.report.wandb import wandb_logger


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_jobs_in_one_process_give_two_finished_runs(tmp_path, monkeypatch):
    import wandb

    monkeypatch.setenv("WANDB_SILENT", "true")
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        logger = wandb_logger(project="tgs-test", offline=True, save_dir=folder)
        logger.log_metrics({"val/loss": 1.0}, step=1)
        assert wandb.run is not None
        assert wandb.run.name == name
        logger.finalize("success")
        assert wandb.run is None
        assert list(folder.glob("wandb/offline-run-*/*.wandb"))


def test_without_the_package_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.setattr("lightning.pytorch.loggers.wandb._WANDB_AVAILABLE", False)
    with pytest.raises(ConfigError, match=r"tgs\[wandb\]"):
        wandb_logger(project="tgs-test", offline=True, save_dir=tmp_path)
