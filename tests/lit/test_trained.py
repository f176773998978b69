"""What learns, and what a checkpoint holds."""

import lightning as L
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from tgs.errors import ConfigError, WeightsError
from tgs.lit.run_folder import RunFolder
from tgs.lit.trained import TrainedOnly, freeze_except
from tgs.lit.training import train

SETTINGS = {"accelerator": "cpu", "devices": 1, "max_epochs": 4, "threads": None, "gradient_clip_val": 1.0}


class Small(TrainedOnly):
    """A frozen layer, then a learning one; keeps the losses of its steps."""

    def __init__(self, learns=("head",)):
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head = nn.Linear(3, 3), nn.Linear(3, 1)
        freeze_except(self, learns)
        self.losses = []

    def training_step(self, batch, batch_idx):
        loss = (self.head(self.body(batch)) - batch.sum(1, keepdim=True)).square().mean()
        self.losses.append(loss.item())
        self.log("train/loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.AdamW(self.learning().values(), lr=0.1)

    def export(self, folder):
        folder.mkdir()
        (folder / "head").write_text(repr(self.head.weight.tolist()))


class Rows(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(torch.arange(12.0).reshape(4, 3) / 12, batch_size=2)  # type: ignore[arg-type]


class Killed(L.Callback):
    """Stops the run in the middle, as a kill would: nothing after it is saved."""

    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == 2:
            raise KeyboardInterrupt


def test_only_named_parameters_learn_and_an_unknown_name_is_refused():
    model = Small()
    assert sorted(model.learning()) == ["head.bias", "head.weight"]
    with pytest.raises(ConfigError, match="'lora_'"):
        freeze_except(model, ["lora_"])


def test_a_checkpoint_holds_what_learns_and_another_set_is_refused():
    model = Small()
    assert sorted(model.state_dict()) == ["head.bias", "head.weight"]
    with pytest.raises(WeightsError, match=r"2 learning parameters, this run has 4.*body"):
        Small(learns=("",)).on_load_checkpoint({"state_dict": model.state_dict()})


@pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers")
@pytest.mark.filterwarnings("ignore:You defined a `validation_step`")
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path):
    whole, killed = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "killed")
    unbroken = Small()
    train(unbroken, Rows(), whole, SETTINGS)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train(Small(), Rows(), killed, SETTINGS, callbacks=[Killed()])
    assert killed.last.is_file()
    assert not killed.done
    resumed = Small()
    train(resumed, Rows(), killed, SETTINGS)
    assert resumed.losses == unbroken.losses[4:]
    assert (killed.export / "head").read_bytes() == (whole.export / "head").read_bytes()
    assert killed.done
