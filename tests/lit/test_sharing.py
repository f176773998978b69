"""Several processes learn what one would from the joint batches, and leave one run folder."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import lightning as L
import pytest
import torch
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.utils.data import DataLoader

from tgs.data.datamodules import ExampleData
from tgs.errors import ConfigError
from tgs.lit.gate import Gate
from tgs.lit.optim import Optim, configure
from tgs.lit.run_folder import RunFolder
from tgs.lit.sharing import refuse_swept, refuse_unshared, summed, weigh
from tgs.lit.strategies import strategy
from tgs.lit.trained import TrainedOnly, freeze_except
from tgs.lit.training import build_trainer, train

ONE = {"accelerator": "cpu", "devices": 1, "max_epochs": 3, "log_every_n_steps": 1, "gradient_clip_val": 0.05}
MANY = ONE | {"devices": 2, "strategy": "ddp"}
TORN = MANY | {"strategy": "fsdp2"}
pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers")


class Sentences(ExampleData[list[float]]):
    """Thirteen examples of one to four numbers: the last batch is incomplete."""

    def read(self):
        return [[(7 * n % 13) / 13 + k for k in range(1 + n % 4)] for n in range(13)]

    def group(self, example):
        return str(example)

    def length(self, example):
        return len(example)


class Scale(TrainedOnly):
    """A frozen layer and a learning one, on every number of a batch: its mean weighs numbers alike, as tokens are."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head = nn.Linear(1, 3), nn.Linear(3, 2)
        freeze_except(self, ["head"])

    def loss(self, batch):
        told_L1 = torch.tensor([[value] for example in batch for value in example])
        return (self.head(self.body(told_L1)) - torch.cat([told_L1.sin(), told_L1.cos()], dim=1)).square().mean()

    def training_step(self, batch, batch_idx):
        loss = weigh(self, self.loss(batch), sum(map(len, batch)))
        self.log("train/loss", loss, sync_dist=True)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val/loss", self.loss(batch), batch_size=len(batch))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.learning().values(), lr=0.1)

    def shard(self, mesh):
        fully_shard(self.head, mesh=mesh)

    def export(self, folder):
        torch.save(self.state_dict(), folder.with_suffix(".pt"))


class Killed(L.Callback):
    """Stops every process where a kill would: at the third epoch's start."""

    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == 2:
            raise RuntimeError("killed")


def fit(folder, settings, batch_size, **more):
    logger = L.pytorch.loggers.CSVLogger(folder, name="scores")
    data = Sentences(batch_size=batch_size, seed=3, val_share=0.2, num_workers=0)
    return train(Scale(), data, RunFolder(folder), settings, loggers=[logger], **more)


def losses(folder):
    (file,) = folder.glob("scores/version_0/metrics.csv")
    with file.open() as rows:
        return [float(row["train/loss"]) for row in csv.DictReader(rows) if row["train/loss"]]


def learnt(folder):
    return torch.cat([value.flatten() for value in torch.load(folder / "export.pt").values()])


@pytest.mark.parametrize("processes", [2, 3])
def test_losses_of_processes_are_weighed_by_their_tokens(together, processes):
    """2 over 3 tokens, 5 over 1, 8 over 2: the mean over all tokens is 11 / 4 of two, 27 / 6 of three."""
    told, tokens = [2.0, 5.0, 8.0], [3, 1, 2]

    def work():
        trainer = build_trainer({**MANY, "devices": processes}, callbacks=[], loggers=[], folder=None)
        trainer.strategy.setup_environment()
        module, rank = SimpleNamespace(trainer=trainer), trainer.global_rank
        own = weigh(module, torch.tensor(told[rank]), tokens[rank])  # type: ignore[arg-type]
        mean = trainer.strategy.reduce(own, reduce_op="mean")
        assert mean.item() == pytest.approx(11 / 4 if processes == 2 else 27 / 6)
        assert summed(trainer, {"a": 1.0, "b": rank / 4}) == {"a": processes, "b": (0 + 1 + 2 * (processes == 3)) / 4}

    together(processes, work)


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("started_by", ["torchrun", "slurm"])
def test_two_processes_learn_what_one_does_from_batches_twice_as_large(tmp_path, together, started_by, accumulate):
    more = {"accumulate_grad_batches": accumulate}
    fit(tmp_path / "one", ONE | more, 6)
    together(2, lambda: fit(tmp_path / "two", MANY | more, 3), started_by)
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert len(one) == 3 * 2 // accumulate  # updates: of 13 examples 3 validate
    assert two == pytest.approx(one, abs=1e-6)
    assert learnt(tmp_path / "two").tolist() == pytest.approx(learnt(tmp_path / "one").tolist(), abs=1e-5)
    scores = [RunFolder(tmp_path / name).summary()["scores"] for name in ("one", "two")]
    assert scores[1] == pytest.approx(scores[0], abs=1e-6)
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == [
        "export.pt", "last.ckpt", "scores", "summary.json",
    ]  # fmt: skip


@pytest.mark.parametrize("started_by", ["torchrun", "slurm"])
@pytest.mark.parametrize("settings", [MANY, TORN])
def test_two_machines_learn_as_one_process_does(tmp_path, together, started_by, settings):
    two = settings | {"devices": 1, "num_nodes": 2}
    fit(tmp_path / "one", ONE, 6)
    together(2, lambda: fit(tmp_path / "two", two, 3), started_by, machines=True)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-6)
    assert len([*(tmp_path / "two").glob("scores/*")]) == 1


def test_two_killed_processes_go_on_and_end_with_the_same_bytes(tmp_path, together):
    together(2, lambda: fit(tmp_path / "whole", MANY, 3))
    with pytest.raises(Exception, match="killed"):
        together(2, lambda: fit(tmp_path / "killed", MANY, 3, callbacks=[Killed()]))
    assert (tmp_path / "killed" / "last.ckpt").is_file()
    together(2, lambda: fit(tmp_path / "killed", MANY, 3, gate=Gate("val/loss", at_most=1)))
    assert torch.equal(learnt(tmp_path / "killed"), learnt(tmp_path / "whole"))
    assert json.loads((tmp_path / "killed" / "summary.json").read_text())["steps"] == 6


class Torn(L.Callback):
    """Notes how many rows of the learning weights a process holds."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        weights = {name: value for name, value in pl_module.learning().items() if isinstance(value, DTensor)}
        rows = {name: len(value.to_local()) for name, value in weights.items()}
        (Path(trainer.default_root_dir) / f"rows_{trainer.global_rank}").write_text(json.dumps(rows))


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_torn_model_learns_what_a_whole_one_does(tmp_path, together, accumulate):
    more = {"accumulate_grad_batches": accumulate}
    fit(tmp_path / "one", ONE | more, 6)
    together(2, lambda: fit(tmp_path / "torn", TORN | more, 3, callbacks=[Torn()]))
    assert losses(tmp_path / "torn") == pytest.approx(losses(tmp_path / "one"), abs=1e-6)
    assert learnt(tmp_path / "torn").tolist() == pytest.approx(learnt(tmp_path / "one").tolist(), abs=1e-5)
    held = [json.loads((tmp_path / "torn" / f"rows_{process}").read_text()) for process in range(2)]
    assert held == [{"head.weight": 1, "head.bias": 1}] * 2


def test_a_torn_model_that_was_killed_goes_on_and_ends_with_the_same_bytes(tmp_path, together):
    together(2, lambda: fit(tmp_path / "whole", TORN, 3))
    with pytest.raises(Exception, match="killed"):
        together(2, lambda: fit(tmp_path / "killed", TORN, 3, callbacks=[Killed()]))
    assert sorted(torch.load(tmp_path / "killed" / "last.ckpt")["state_dict"]) == ["head.bias", "head.weight"]
    together(2, lambda: fit(tmp_path / "killed", TORN, 3))
    assert torch.equal(learnt(tmp_path / "killed"), learnt(tmp_path / "whole"))


class Hidden(Scale):
    def configure_optimizers(self):
        return configure(self.learning().values(), Optim(lr=0.1, muon_lr=0.1), 6, [self.head.weight])


def test_a_torn_matrix_is_not_for_muon_nor_an_unknown_task_for_tearing(tmp_path, together):
    data = Sentences(batch_size=3, seed=3, val_share=0.2, num_workers=0)
    with pytest.raises(Exception, match=r"ConfigError: optim\.muon_lr needs whole matrices"):
        together(2, lambda: train(Hidden(), data, RunFolder(tmp_path), TORN))
    with pytest.raises(ConfigError, match=r"TrainedOnly cannot be torn apart: choose trainer=ddp"):
        TrainedOnly().shard(None)  # type: ignore[arg-type]


def test_unknown_strategies_are_refused_and_deepspeed_where_it_is_not_installed():
    with pytest.raises(ConfigError, match=r"strategy=ddp_spawn: choose one of auto, ddp, .*, fsdp2, deepspeed_stage_2"):
        strategy("ddp_spawn")
    if find_spec("deepspeed") is None:
        with pytest.raises(ConfigError, match=r"deepspeed_stage_2 needs DeepSpeed: pip install deepspeed"):
            strategy("deepspeed_stage_2")


class Drawing(L.Callback):
    """Writes down what dropout would draw first."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        path = Path(trainer.default_root_dir) / f"drawn_{trainer.global_rank}"
        if not path.exists():
            path.write_text(str(torch.rand(3)))


def test_processes_draw_different_dropout(tmp_path, together):
    together(2, lambda: fit(tmp_path, MANY, 3, callbacks=[Drawing()]))
    assert (tmp_path / "drawn_0").read_text() != (tmp_path / "drawn_1").read_text()


class Rows(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(torch.ones(6, 1), batch_size=2)  # type: ignore[arg-type]


def test_data_that_are_not_shared_out_are_refused():
    trainer = build_trainer(MANY, callbacks=[], loggers=[], folder=None)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"Rows is not shared out among 2 processes"):
        refuse_unshared(trainer, Rows())
    refuse_unshared(trainer, Sentences(batch_size=1, seed=0, val_share=0, num_workers=0))
    refuse_unshared(build_trainer(ONE, callbacks=[], loggers=[], folder=None), Rows())  # type: ignore[arg-type]


def test_a_job_of_a_sweep_starts_no_processes(together):
    with pytest.raises(ConfigError, match=r"cannot start 2 processes itself.*hydra/launcher=slurm"):
        build_trainer(MANY, callbacks=[], loggers=[], folder=None, sweeping=True)  # type: ignore[arg-type]
    build_trainer(ONE, callbacks=[], loggers=[], folder=None, sweeping=True)  # type: ignore[arg-type]

    def work():
        refuse_swept(build_trainer(MANY, callbacks=[], loggers=[], folder=None), sweeping=True)  # type: ignore[arg-type]

    together(2, work, "slurm")
