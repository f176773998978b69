"""What a run leaves behind: cost and scores over all its legs, and a gate that is watched from the first epoch."""

import lightning as L
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tgs.errors import ConfigError
from tgs.lit.gate import Gate
from tgs.lit.ledger import Ledger
from tgs.lit.run_folder import RunFolder
from tgs.lit.training import train

SETTINGS = {"accelerator": "cpu", "devices": 1, "max_epochs": 2, "threads": None, "check_val_every_n_epoch": 1}


class Counts(L.LightningModule):
    """Its score is the number of the epoch, from 1."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch).square().mean()

    def validation_step(self, batch, batch_idx):
        self.log("val/epochs", float(self.current_epoch + 1))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def export(self, folder):
        folder.mkdir(exist_ok=True)


class Rows(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(torch.ones(6, 1), batch_size=2)  # type: ignore[arg-type]

    def val_dataloader(self):
        return DataLoader(torch.ones(2, 1), batch_size=2)  # type: ignore[arg-type]


class Killed(L.Callback):
    """Stops the run where a kill would: at a given epoch's start."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == self.epoch:
            raise KeyboardInterrupt


class KilledAtExport(Counts):
    def export(self, folder):
        raise KeyboardInterrupt


def test_scores_and_steps_are_the_last_ones(tmp_path):
    run = RunFolder(tmp_path)
    train(Counts(), Rows(), run, SETTINGS)
    summary = run.summary()
    assert summary["scores"]["val/epochs"] == 2
    assert summary["steps"] == 6
    assert summary["timed_from_step"] == 0
    assert summary["torch"].startswith(torch.__version__.split("+")[0])


def test_a_limit_of_batches_shortens_every_epoch(tmp_path):
    run = RunFolder(tmp_path)
    train(Counts(), Rows(), run, SETTINGS | {"limit_train_batches": 2})
    assert run.summary()["steps"] == 2 * 2


def test_the_cost_counts_all_legs(tmp_path, monkeypatch):
    clock = iter(range(0, 100_000, 1000))
    monkeypatch.setattr("tgs.lit.ledger.time.monotonic", lambda: next(clock))
    first = Ledger()  # at 0
    state = first.state_dict()  # at 1000: spent 1000
    second = Ledger()  # at 2000
    second.load_state_dict(state)
    assert second.spent()["seconds"] == 2000  # at 3000: one second more, the gap not counted


def test_a_killed_run_keeps_the_cost_of_its_first_leg(tmp_path, monkeypatch):
    run = RunFolder(tmp_path)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train(Counts(), Rows(), run, SETTINGS, callbacks=[Killed(1)])
    kept = torch.load(run.last, weights_only=False)["callbacks"]["Ledger"]
    assert kept["scores"]["val/epochs"] == 1
    kept["spent"]["seconds"] = 5000.0
    checkpoint = torch.load(run.last, weights_only=False)
    checkpoint["callbacks"]["Ledger"] = kept
    torch.save(checkpoint, run.last)
    train(Counts(), Rows(), run, SETTINGS)
    assert 5000 <= run.summary()["seconds"] < 5100


def test_a_run_that_seldom_validates_keeps_every_epoch_all_the_same(tmp_path):
    run, settings = RunFolder(tmp_path), SETTINGS | {"max_epochs": 4, "check_val_every_n_epoch": 4}
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train(Counts(), Rows(), run, settings, callbacks=[Killed(2)])
    assert torch.load(run.last, weights_only=False)["global_step"] == 2 * 3
    train(Counts(), Rows(), run, settings)
    assert (run.summary()["steps"], run.summary()["scores"]["val/epochs"]) == (4 * 3, 4)


def test_a_checkpoint_without_a_ledger_is_gone_on_from_and_the_summary_says_so(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train(Counts(), Rows(), run, SETTINGS, callbacks=[Killed(1)])
    checkpoint = torch.load(run.last, weights_only=False)
    del checkpoint["callbacks"]["Ledger"]
    torch.save(checkpoint, run.last)
    train(Counts(), Rows(), run, SETTINGS)
    assert run.summary()["timed_from_step"] == 3


def test_scores_outlive_a_kill_between_the_last_epoch_and_the_export(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train(KilledAtExport(), Rows(), run, SETTINGS)
    assert not run.done
    train(Counts(), Rows(), run, SETTINGS)
    assert run.summary()["scores"]["val/epochs"] == 2
    assert run.summary()["steps"] == 6


def test_a_gate_on_a_score_that_is_not_given_fails_at_the_first_validation(tmp_path):
    with pytest.raises(ConfigError, match=r"val/epcohs: validation gives val/epochs"):
        train(Counts(), Rows(), RunFolder(tmp_path), SETTINGS, gate=Gate("val/epcohs", at_least=1))
    assert not (tmp_path / "summary.json").exists()


def test_a_gate_wants_the_last_epoch_validated(tmp_path):
    settings = {**SETTINGS, "max_epochs": 3, "check_val_every_n_epoch": 2}
    with pytest.raises(ConfigError, match=r"max_epochs=3 is no multiple of trainer\.check_val_every_n_epoch=2"):
        train(Counts(), Rows(), RunFolder(tmp_path), settings, gate=Gate("val/epochs", at_least=1))
