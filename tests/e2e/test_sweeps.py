"""Sweeps that are killed, or whose jobs run beside each other, leave what one leaves that ran from first to last."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SWEEP = [
    "-m", "prompt=raw,category", "thresholds.box=0.1,0.3", "checkpoint=null", "thinker.llm.lora=null",
    "trainer.threads=1",
]  # fmt: skip
ROWS = 4


def records(runs):
    """Every row's references by its folder: their J, F and S, and all else.

    The last digits of a mask depend on the boxes beside it in a batch, and so on who outlined them.
    """
    found = {path.parent.name: path.read_text().splitlines() for path in runs.glob("eval/*/references.jsonl")}
    rows = {name: [json.loads(line) for line in lines] for name, lines in found.items()}
    scores = [[row.pop(name) for name in "JFS"] for name in sorted(rows) for row in rows[name]]
    return rows, np.array(scores, float)


def same(runs, whole):
    rows, scores = records(runs)
    assert rows == whole[0]
    np.testing.assert_allclose(scores, whole[1], atol=1e-3)


@pytest.fixture(scope="module")
def whole(tgs, clips):
    """What the sweep leaves if nothing happens to it."""
    tgs("eval", *SWEEP, "paths.runs=whole", where=clips)
    found = records(clips / "whole")
    assert len(found[0]) == ROWS
    return found


def test_a_sweep_that_was_killed_goes_on_and_makes_no_finished_row_again(tgs, clips, whole):
    runs = clips / "killed"
    command = [sys.executable, "-m", "tgs.eval", *SWEEP, "paths.runs=killed"]
    first = subprocess.Popen(command, cwd=clips, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len([*runs.glob("eval/*/clips/*.json")]) < 6:  # four clips a row: amid the second
        assert first.poll() is None
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    done = {path: path.stat().st_mtime_ns for path in runs.glob("eval/*/references.jsonl")}
    assert 1 <= len(done) < ROWS
    told = tgs("eval", *SWEEP, "paths.runs=killed", where=clips)
    assert told.count("R (raw reference)") + told.count("true category") == ROWS
    same(runs, whole)
    kept = {path: path.stat().st_mtime_ns for path in runs.glob("eval/*/clips/*.json") if path.parents[1] in done}
    assert all(stamp <= min(done.values()) for stamp in kept.values())


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_jobs_beside_each_other_share_a_store_and_leave_the_same(tgs, clips, whole, launcher):
    more = ["hydra.launcher.n_jobs=2"] if launcher == "joblib" else []
    told = tgs("eval", *SWEEP, f"hydra/launcher={launcher}", *more, f"paths.runs={launcher}", where=clips)
    assert told.count("R (raw reference)") + told.count("true category") == ROWS
    same(clips / launcher, whole)
    (sweep,) = (clips / launcher / "sweep").iterdir()
    assert f"{ROWS} done of {ROWS} jobs" in tgs("sweep", str(sweep), where=clips)
    tgs("store", "verify", "--folder", f"{launcher}/store", where=clips)  # fails if a file is not whole
