"""The state of a sweep, read from folders as Hydra leaves them."""

import os

import pytest

from tgs.errors import DataError
from tgs.sweep import SILENT_S, State, jobs_of, main, newest

MULTIRUN = """
hydra:
  sweeper: {params: {prompt: "fine,simple"}}
  overrides: {task: ["thresholds.box=0.1,0.2", seed=1]}
table: {}
"""


@pytest.fixture
def sweep(tmp_path):
    folder = tmp_path / "sweeps" / "one"
    folder.mkdir(parents=True)
    (folder / "multirun.yaml").write_text(MULTIRUN)
    for number, log in enumerate(["a\nended", "a\nclips 3/9", "a\nclips 1/9"]):
        (folder / str(number)).mkdir()
        (folder / str(number) / "eval.log").write_text(log)
        os.utime(folder / str(number) / "eval.log", (1000.0 * (number + 1), 1000.0 * (number + 1)))
    (folder / "0" / "result.json").write_text("{}")
    return folder


def test_jobs_are_those_that_hydra_makes_of_the_command_each_with_its_state(sweep):
    jobs = jobs_of(sweep, now_s=2900 + SILENT_S)
    assert [job.state for job in jobs] == [State.done, State.silent, State.running, State.waiting]
    assert [job.told for job in jobs] == ["", "clips 3/9", "clips 1/9", ""]
    assert [job.overrides[:2] for job in jobs] == [
        [f"prompt={prompt}", f"thresholds.box={box}"] for prompt in ("fine", "simple") for box in ("0.1", "0.2")
    ]
    assert all(job.overrides[2:] == ["seed=1"] for job in jobs)


def test_a_job_that_failed_says_why(sweep):
    (sweep / "2" / "failed.json").write_text('{"error": "WeightsError: nowhere"}')
    job = jobs_of(sweep)[2]
    assert (job.state, job.told) == (State.failed, "WeightsError: nowhere")


def test_what_has_no_result_when_the_sweep_has_ended_has_failed(sweep):
    (sweep / "table.md").write_text("")
    assert [job.state for job in jobs_of(sweep)] == [State.done, State.failed, State.failed, State.failed]


def test_the_newest_is_shown_and_what_is_no_sweep_is_refused(sweep, tmp_path, capsys):
    two = sweep.parent / "two"
    two.mkdir()
    (two / "multirun.yaml").write_text(MULTIRUN)
    os.utime(two / "multirun.yaml", (1.0, 1.0))
    assert newest(sweep.parent) == sweep
    main([str(two)])
    told = capsys.readouterr().out
    assert "4 waiting, 0 running, 0 silent, 0 failed, 0 done of 4 jobs" in told
    assert "prompt=simple thresholds.box=0.2" in told
    assert "seed=1" not in told  # all have it
    with pytest.raises(DataError, match=r"two/0 is no sweep's folder"):
        main([str(two / "0")])
    with pytest.raises(DataError, match="holds no sweep"):
        newest(tmp_path / "none")
