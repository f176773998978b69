"""What was looked at once is not looked at again, until it changes."""

import os
import signal
import subprocess
import sys
from dataclasses import astuple

import pytest

from tgs.commit import CHECKOUT
from tgs.doctor.clip import examine_clip, jobs_of
from tgs.doctor.clips import examine_clips
from tgs.doctor.finding import Kind
from tgs.errors import ConfigError


def jobs(copy):
    return jobs_of(copy.files.references())


def examined(copy, **settings):
    return examine_clips(copy.files, jobs(copy), copy.record, **{"workers": 1} | settings)


@pytest.fixture
def damaged(copy):
    """The first and the last clip have a fault."""
    (copy.files.media / "a_0_10000" / "frames" / "3.jpg").unlink()
    (copy.files.media / "null_c-b_0_10000" / "audio.wav").unlink()
    return copy


def test_a_killed_examination_goes_on_and_ends_the_same(damaged, make_copy):
    def kill(what: str, done: int, total: int) -> None:
        assert (what, total) == ("clips", 3)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examined(damaged, progress=kill)
    stamps = {path: path.stat().st_mtime_ns for path in damaged.record.iterdir()}
    assert sorted(path.name for path in stamps) == ["a_0_10000.json", "b_0_10000.json"]
    again = examined(damaged)
    assert again.facts == {"clips": 3, "of these seen before": 2}
    assert [finding.kind for finding in again.findings] == [Kind.missing_frame, Kind.missing_sound]
    assert again.findings == [finding for job in jobs(damaged) for finding in examine_clip(damaged.files, job)]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_a_clip_that_has_changed_is_looked_at_again_and_no_other(damaged):
    before = examined(damaged)
    damaged.frame("a_0_10000/frames/3.jpg")
    repaired = examined(damaged)
    assert repaired.facts["of these seen before"] == 2
    assert repaired.findings == before.findings[1:]
    mask = damaged.files.masks / "b_0_10000" / "fid_1" / "00000.png"
    os.utime(mask, ns=(0, 0))  # same bytes, another time
    assert examined(damaged).facts["of these seen before"] == 2
    damaged.edit_csv("dog_1,train,1", "dog_1,train,7")
    asked = examined(damaged)
    assert asked.facts["of these seen before"] == 2
    assert [finding.kind for finding in asked.findings][:2] == [Kind.missing_masks, Kind.unused_masks]


def test_overwrite_looks_at_all_again(copy):
    copy.examine()
    (record,) = [path for path in (copy.record / "clips").iterdir() if path.name == "b_0_10000.json"]
    os.utime(record, ns=(0, 0))
    copy.examine()
    assert record.stat().st_mtime_ns == 0
    copy.examine(overwrite=True)
    assert record.stat().st_mtime_ns > 0


def test_only_clips_of_the_chosen_splits(damaged):
    assert [finding.kind for finding in damaged.examine(splits=["test_s", "test_n"])] == [Kind.missing_sound]


def test_the_number_of_processes_changes_nothing(damaged):
    alone = examined(damaged)
    both = examine_clips(damaged.files, jobs(damaged), damaged.root / "other", workers=2)
    assert both.findings == alone.findings


KILLED = """
import os, signal, sys
from pathlib import Path
from tgs.data.files import BenchmarkFiles
from tgs.doctor.clip import jobs_of
from tgs.doctor.clips import examine_clips

name, csv, media, masks, record = sys.argv[1:]
files = BenchmarkFiles(name, csv, media, masks)
kill = lambda *told: os.kill(os.getpid(), signal.SIGKILL)
examine_clips(files, jobs_of(files.references()), Path(record), workers=2, progress=kill)
"""


def test_no_process_outlives_one_that_was_killed(damaged):
    """The pool's processes hold the pipe of its output: the call returns when the last of them has ended."""
    command = [sys.executable, "-c", KILLED, *map(str, astuple(damaged.files)[:4]), str(damaged.record)]
    assert subprocess.run(command, cwd=CHECKOUT, capture_output=True, timeout=60).returncode == -signal.SIGKILL
    assert examined(damaged).facts["of these seen before"] >= 1


def test_no_process_is_too_few(copy):
    with pytest.raises(ConfigError, match="workers=0"):
        examined(copy, workers=0)
