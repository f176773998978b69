"""Sweeps ride on the store: what a row needs of another, or of itself before it was killed, is not made again.

The models are the real ones of scale tiny, the thinker as it is before phase 2, which names most objects.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tgs.data.benchmark import BenchmarkData
from tgs.report.records import EvalFolder

pytestmark = pytest.mark.timeout(600)
CLIPS = {"test_s": 2, "test_u": 1, "test_n": 1}
PLAIN = ("checkpoint=null", "trainer.threads=1")
SOME = ("thresholds.box=0.05,0.2,0.4", "thresholds.text=0.15,0.35")
GRID = ("thresholds.box=0.05,0.1,0.2,0.3,0.4", "thresholds.text=0.15,0.2,0.25,0.3,0.35")


@pytest.fixture(scope="module")
def work(tmp_path_factory, make_clips):
    """A folder with made clips, a dozen references."""
    where = tmp_path_factory.mktemp("work")
    make_clips(where, **CLIPS, references=[2, 4])
    return where


@pytest.fixture
def calls(tgs_command, work, tmp_path):
    """calls(*words) -> how often an evaluation with these words calls each real model."""

    def calls(*words):
        log = tmp_path / "calls"
        log.write_text("")
        tgs_command("eval", *words, *PLAIN, where=work, first=lambda: count_calls(log))
        return Counter(log.read_text().split())

    return calls


def count_calls(log: Path) -> None:
    """Wrap the real models: every call leaves its name in a file."""
    from tgs.ground.hf import HfGrounder
    from tgs.segment.sam2 import Sam2
    from tgs.think.ref_thinker import RefThinker

    def counted(owner, method):
        plain = getattr(owner, method)

        def wrapper(self, *arguments):
            with log.open("a") as file:
                file.write(f"{method}\n")
            return plain(self, *arguments)

        setattr(owner, method, wrapper)

    for owner, method in (
        (RefThinker, "encode"), (RefThinker, "think_features"), (HfGrounder, "detect"), (Sam2, "segment"),
    ):  # fmt: skip
        counted(owner, method)


def rows(runs: Path) -> dict[str, list[str]]:
    """The record of every evaluation below a folder of runs, by the evaluation's name: which is a digest's."""
    found = {path.parent.name: path.read_text().splitlines() for path in runs.glob("eval/*/references.jsonl")}
    assert found
    return found


def test_a_sweep_that_is_killed_in_a_row_goes_on_and_ends_as_one_that_is_not(work, begin, tgs_command, calls):
    sweep = ("-m", "prompt=category,simple", "hydra.sweep.dir=killed/sweep")

    def stop_in_the_second_row():
        plain, written = EvalFolder.write_clip, []

        def write_clip(self, *clip):
            plain(self, *clip)
            written.append(clip)
            if len(written) == 6:
                time.sleep(600)

        EvalFolder.write_clip = write_clip

    command = begin("eval", *sweep, *PLAIN, "paths.runs=killed", where=work, first=stop_in_the_second_row)
    while len([*work.glob("killed/eval/*/clips/*.json")]) < 6:
        assert command.process.is_alive()
        time.sleep(0.01)
    command.killed()
    assert [path.parent.name for path in work.glob("killed/sweep/*/result.json")] == ["0"]
    assert len([*work.glob("killed/eval/*/references.jsonl")]) == 1
    before = {path: path.stat().st_mtime_ns for path in work.glob("killed/eval/*/clips/*")}

    again = calls(*sweep, "paths.runs=killed")
    assert again["encode"] == again["think_features"] == 0  # a batch of clips had been thought about
    assert {path: path.stat().st_mtime_ns for path in before} == before
    told = tgs_command("sweep", "killed/sweep", where=work)
    assert "0 waiting, 0 running, 0 silent, 0 failed, 2 done of 2 jobs" in told
    tgs_command("eval", *sweep[:2], *PLAIN, "paths.runs=unbroken", where=work)
    assert rows(work / "killed") == rows(work / "unbroken")


@pytest.mark.parametrize("grid", [SOME, pytest.param(GRID, marks=pytest.mark.slow)], ids=["3x2", "5x5"])
def test_thresholds_prompts_and_protocols_call_no_model_that_does_not_depend_on_them(work, calls, grid):
    runs = f"paths.runs=grid{len(grid[0])}"
    base = calls("prompt=simple", runs)
    assert base["encode"] == sum(CLIPS.values())
    assert base["think_features"] == 1
    assert min(base["detect"], base["segment"]) > 0
    # Boxes that were not the best before are outlined, and who has none asks how large an empty mask is.
    assert {*calls("-m", *grid, runs)} <= {"segment"}
    assert {*calls("-m", "protocol=strict,refavs", runs)} <= {"segment"}
    fine = calls("prompt=fine", runs)
    assert fine["encode"] == fine["think_features"] == 0
    assert fine["detect"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "words"), [("joblib", ["hydra.launcher.n_jobs=2"]), ("submitit_local", [])])
def test_jobs_that_run_at_once_and_share_a_store_leave_the_rows_of_one_after_another(work, tgs_command, name, words):
    sweep = ("-m", "prompt=simple,fine")  # both think, and about the same
    command = [sys.executable, "-m", "tgs.eval", *sweep, *PLAIN, f"hydra/launcher={name}", *words, f"paths.runs={name}"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("T_s (simple)") == done.stdout.count("T_f (fine)") == 1
    tgs_command("eval", *sweep, *PLAIN, f"paths.runs=not_{name}", where=work)
    assert len(rows(work / name)) == 2
    # Each outlines what it needs before the other has kept it: in other batches, which may move a 255th here and there.
    for one, other in zip(each(rows(work / name)), each(rows(work / f"not_{name}")), strict=True):
        for measure in "JF":
            assert one.pop(measure) == pytest.approx(other.pop(measure), abs=1e-3)
        assert one == other
    tgs_command("store", "verify", "--folder", f"{name}/store", where=work)


def test_with_a_store_or_without_and_clip_by_clip_or_together_all_scores_are_the_same(work, tgs_command):
    """So are whole records, but for a thought's doubt: its last digits move with who stands beside it in a batch."""
    prompts = (("prompt=simple",), ("prompt=adaptive", "prompt.rival_share=0.01", "prompt.rival_frames=0"))

    def evaluated(runs, store, first=None):
        for prompt in prompts:
            tgs_command("eval", *prompt, *PLAIN, f"paths.runs={runs}", f"store.folder={store}", where=work, first=first)
        return rows(work / runs)

    def clip_by_clip():
        BenchmarkData.__init__.__kwdefaults__["batch_clips"] = 1

    plain = evaluated("plain", "null")
    assert len(plain) == 2
    assert {"simple", "fine"} <= {row["decided_by"] for row in each(plain)}
    assert evaluated("empty", "kept") == plain
    assert evaluated("filled", "kept") == plain
    alone = evaluated("alone", "apart", first=clip_by_clip)
    assert alone.keys() == plain.keys()
    for one, other in zip(each(alone), each(plain), strict=True):
        assert one["thought"].pop("doubt") == pytest.approx(other["thought"].pop("doubt"), rel=1e-5)
        assert one == other


def each(found):
    return [json.loads(row) for name in sorted(found) for row in found[name]]
