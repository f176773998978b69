"""`trainer=ddp_cpu`: the README's commands in two and three processes, as Lightning starts them."""

import csv
import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PHASE2 = [
    "+experiment=phase2_lora", "task.val_thoughts=2", "trainer.max_epochs=2", "trainer.log_every_n_steps=1",
    "thinker.llm.lora.dropout=0", "trainer.threads=1",
]  # fmt: skip
NOT_ALIKE = ("summary.json", "config.yaml")
"""Files of an evaluation that tell seconds, and the trainer's settings."""


def tgs(module: str, *arguments: str, where: Path) -> str:
    """Run one entry point as a user would; returns what it printed."""
    command = [sys.executable, "-W", "error::UserWarning:tgs", "-m", f"tgs.{module}", *arguments]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a few made clips."""
    where = tmp_path_factory.mktemp("work")
    sizes = [f"settings.{size}" for size in ("train=4", "val=1", "test_s=2", "test_u=1", "test_n=1")]
    tgs("stickers", *sizes, "workers=1", where=where)
    return where


def losses(run: Path) -> list[float]:
    (file,) = run.glob("scores/version_*/metrics.csv")
    with file.open() as rows:
        return [float(row["train/loss"]) for row in csv.DictReader(rows) if row["train/loss"]]


@pytest.fixture(scope="module")
def one(work):
    """The losses of one process."""
    tgs("train", *PHASE2, "run=one", "data.batch_size=8", where=work)
    return losses(work / "runs/train/one")


@pytest.mark.parametrize("trainer", ["ddp_cpu", "fsdp_cpu"])
def test_two_processes_train_as_one_into_one_folder(work, one, trainer):
    before = {*work.glob("runs/hydra/*")}
    command = [*PHASE2, f"run={trainer}", "data.batch_size=4", f"trainer={trainer}"]
    told = tgs("train", *command, where=work)
    run = work / "runs/train" / trainer
    assert len(one) >= 4
    assert losses(run) == pytest.approx(one, rel=1e-4)  # the same to rounding
    assert told.count("done: ") == 1
    assert "Warning" not in told
    (hydra,) = {*work.glob("runs/hydra/*")} - before
    assert sorted(path.name for path in hydra.glob("*.log")) == ["train.log", "train_ddp_process_1.log"]
    assert {path.name for path in run.iterdir()} == {"run.json", "last.ckpt", "scores", "export", "summary.json"}
    assert (run / "export/manifest.json").read_text() == (work / "runs/train/one/export/manifest.json").read_text()
    if trainer == "ddp_cpu":
        assert "is done already" in tgs("train", *command, where=work)


def files(folder: Path) -> dict[str, str]:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in NOT_ALIKE]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in found}


def test_an_evaluation_leaves_the_same_files_whatever_the_number_of_processes(work):
    left, numbers = {}, {}
    for processes in (1, 2, 3):
        many = ["trainer=ddp_cpu", f"trainer.devices={processes}"] if processes > 1 else ["trainer.threads=1"]
        told = tgs(
            "eval", "prompt=category", "overlays=1", "masks=true", f"paths.runs=runs{processes}", *many, where=work
        )
        assert told.count("references of stickers") == told.count("true category") == 1
        (folder,) = work.glob(f"runs{processes}/eval/stickers-category-*")
        left[processes] = files(folder)
        numbers[processes] = json.loads((folder / "summary.json").read_text())["numbers"]
        assert (
            len({*work.glob(f"runs{processes}/hydra/*")})
            == len({*work.glob(f"runs{processes}/hydra/*/result.json")})
            == 1
        )
    assert {name.split("/")[0] for name in left[1]} == {"clips", "masks", "overlays", "references.jsonl"}
    assert left[1] == left[2] == left[3]
    assert numbers[1] == numbers[2] == numbers[3]

    (folder,) = work.glob("runs2/eval/stickers-category-*")
    (folder / "summary.json").unlink()
    (folder / "references.jsonl").unlink()
    lost = sorted((folder / "clips").glob("*.json"))[1]
    lost.unlink()
    tgs("eval", "prompt=category", "overlays=1", "masks=true", "paths.runs=runs2", "trainer=ddp_cpu", where=work)
    assert files(folder) == left[1]


def test_a_sweep_whose_jobs_would_start_processes_is_refused(work):
    command = [sys.executable, "-m", "tgs.eval", "-m", "prompt=raw,box", "trainer=ddp_cpu"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300)
    assert done.returncode
    assert "ConfigError: a job of a sweep cannot start 2 processes itself" in done.stderr


def test_torchrun_starts_them_too(work):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "-m"]
    command = [*torchrun, "tgs.eval", "prompt=box", "trainer=ddp_cpu", "paths.runs=elastic"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("true box") == 1
    tgs("eval", "prompt=box", "trainer.threads=1", "paths.runs=alone", where=work)
    (many,), (one,) = (work.glob(f"{runs}/eval/*") for runs in ("elastic", "alone"))
    assert files(many) == files(one)
