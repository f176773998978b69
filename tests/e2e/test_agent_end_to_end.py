"""The README's commands at the smallest size: make clips, tune phase 2, evaluate; then kill and resume by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRAINING = (
    "+experiment=phase2_lora", "trainer.max_epochs=1", "task.val_thoughts=2", "data.batch_size=4", "trainer.threads=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory, make_clips, tgs_command):
    """A folder with made clips and a phase-2 run of one epoch in it."""
    where = tmp_path_factory.mktemp("work")
    make_clips(where, train=4, val=1, test_s=2, test_u=1, test_n=1, references=[2, 4])
    tgs_command("train", *TRAINING, where=where)
    return where


def summaries(where: Path) -> dict[tuple[str, str], dict]:
    found = [json.loads(path.read_text()) for path in where.glob("runs/eval/*/summary.json")]
    return {(one["origin"]["benchmark"], one["origin"]["policy"]): one for one in found}


def started(*words: str, where: Path) -> str:
    """What a process of its own prints, as a user starts it: from nothing, with every import in its order."""
    command = [sys.executable, "-W", "error::UserWarning:tgs", "-m", *words]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_a_sweep_gives_one_table_with_a_row_a_job(work, tgs_command):
    told = started("tgs.eval", "-m", "prompt=simple,raw,box", "benchmark=stickers,stickers_r2", where=work)
    assert told.count("T_s (simple)") == told.count("R (raw reference)") == told.count("true box") == 2
    numbers = summaries(work)
    assert len(numbers) == 6
    assert all(not one["numbers"]["partial"] for one in numbers.values())
    box = numbers["stickers", "box"]["numbers"]
    assert box["seen"]["JF"] > 0.5  # the shipped segmenter with true boxes
    assert box["null_s"] == 0  # no box, no mask
    assert numbers["stickers_r2", "box"]["numbers"]["null_s"] is None  # R2 has no null rows

    told = tgs_command("sweep", where=work)
    assert "0 waiting, 0 running, 0 silent, 0 failed, 6 done of 6 jobs" in told
    assert told.count("T_s (simple)") == told.count("R (raw reference)") == told.count("true box") == 2


@pytest.mark.timeout(600)
def test_a_row_that_fails_stops_no_other_and_is_told(work, begin, tgs_command):
    words = ("-m", "prompt=simple,raw", "checkpoint=nowhere", "splits=[test_s]")
    told = begin("eval", *words, where=work).ended()
    assert told.code
    assert "WeightsError: nowhere: no such folder" in told.out + told.err
    assert "R (raw reference)" in told.out
    assert "1 of 2 jobs failed" in told.err
    told = tgs_command("sweep", where=work)
    assert "0 waiting, 0 running, 0 silent, 1 failed, 1 done of 2 jobs" in told
    assert "0    prompt=simple  failed  WeightsError: nowhere: no such folder" in told


@pytest.mark.timeout(600)
def test_an_evaluation_that_was_killed_ends_with_the_same_bytes_and_its_masks_score_as_it_did(work, tgs_command):
    tgs_command("eval", "prompt=category", "masks=true", where=work)
    folder = next(work.glob("runs/eval/stickers-category-*"))
    record = (folder / "references.jsonl").read_bytes()
    untouched, lost = sorted((folder / "clips").glob("*.json"))[:2]
    stamp = untouched.stat().st_mtime_ns
    lost.unlink()
    (folder / "summary.json").unlink()
    tgs_command("eval", "prompt=category", where=work)
    assert (folder / "references.jsonl").read_bytes() == record
    assert untouched.stat().st_mtime_ns == stamp

    tgs_command("score", f"predictions={folder / 'masks'}", "workers=1", "output=out.json", where=work)
    numbers = {policy: one["numbers"] for (_, policy), one in summaries(work).items()}
    assert numbers["given"] == numbers["category"]
    kept = [json.loads(line) for line in record.splitlines()]
    out = json.loads((work / "out.json").read_text())
    assert len(out["references"]) == len(kept) > 0
    assert all(one.get(name) == row[name] for one, row in zip(out["references"], kept, strict=True) for name in "JFS")


@pytest.mark.timeout(600)
def test_a_finished_run_is_not_trained_again_and_other_settings_are_refused(work, begin, tgs_command):
    assert "is done already" in tgs_command("train", *TRAINING, where=work)
    told = begin("train", *TRAINING, "optim.lr=0.1", where=work).ended()
    assert told.code
    assert "ConfigError: " in told.err
    assert "optim.lr: 0.001 there, 0.1 here" in told.err


def test_help_answers_without_importing_torch(work):
    code = "import sys, tgs.train, tgs.eval; assert 'torch' not in sys.modules and 'lightning' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=work)
    assert "phase2_lora" in started("tgs.train", "--help", where=work)
