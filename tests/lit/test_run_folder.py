"""A run's folder belongs to one run."""

import pytest

from tgs.errors import ConfigError
from tgs.lit.run_folder import RunFolder

SETTINGS = {"seed": 0, "optim": {"lr": 0.1, "warmup": 0.03}}


def test_the_same_settings_go_on(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    run.last.write_text("checkpoint")
    run.claim({"optim": {"warmup": 0.03, "lr": 0.1}, "seed": 0}, overwrite=False)
    assert run.last.read_text() == "checkpoint"
    assert not run.done


def test_other_settings_are_refused_and_named(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    with pytest.raises(ConfigError, match=r"optim\.lr: 0\.1 there, 0\.2 here.*overwrite=true"):
        run.claim({"seed": 0, "optim": {"lr": 0.2, "warmup": 0.03}}, overwrite=False)


def test_overwrite_starts_anew(tmp_path):
    run = RunFolder(tmp_path / "a")
    run.claim(SETTINGS, overwrite=False)
    run.last.write_text("checkpoint")
    run.finish({"val/loss": 1.0}, 3.0)
    assert run.done
    run.claim({"seed": 1}, overwrite=True)
    assert not run.last.exists()
    assert not run.done
