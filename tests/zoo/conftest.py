"""Finished runs of the real experiments with stand-in weights."""

import functools

import pytest
import torch
from safetensors.torch import save_file

from tgs.config.compose import settings_of
from tgs.config.train import NOT_OF_A_RUN
from tgs.lit.gate import hold_to
from tgs.lit.run_folder import RunFolder
from tgs.zoo.recipe import today

now = functools.cache(today)


@pytest.fixture(autouse=True)
def composed_once(monkeypatch):
    """conf does not change while tests run, and most of a verification's time would go into composing it."""
    monkeypatch.setattr("tgs.zoo.verify.today", now)


@pytest.fixture
def finished(tmp_path):
    """Makes a finished run: of an experiment, with a value in its stand-in weights and one for all its scores."""

    def make(experiment: str, value: float = 1.0, score: float = 0.97, ingredients=None) -> RunFolder:
        run = RunFolder(tmp_path / "runs" / "train" / experiment)
        settings = settings_of(now(experiment).cfg, without=NOT_OF_A_RUN)
        run.claim(settings, overwrite=True, experiment=experiment, ingredients=ingredients)
        run.export.mkdir()
        save_file({"stand_in": torch.full((2,), value, dtype=torch.float16)}, run.export / "model.safetensors")
        (run.export / "config.json").write_text("{}")
        gate = now(experiment).gate
        run.finish({"train/loss": 0.1, gate.score: score}, steps=100, seconds=600.0, cpu_seconds=660.0)
        hold_to(gate, run)
        return run

    return make
