"""`python -m tgs.store`: what it tells of a store, what it finds wrong in it, and what it removes."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from tgs.digest import digest_value
from tgs.errors import ConfigError, DataError
from tgs.pipeline.store import VERSION, Store
from tgs.pipeline.upkeep import files_of_store
from tgs.pipeline.upkeep import prune as prune_files
from tgs.store import bytes_of, main

HOUR_S = 3600


@pytest.fixture
def store(tmp_path):
    """Six files: four thoughts 0..3 of 1000 bytes, used 4, 3, 2, 1 hours ago, a score and masks used just now."""
    store = Store(tmp_path / "store")
    for i in range(4):
        store.write("thoughts", i, "")
        padding = 1000 - file_of(store, "thoughts", i).stat().st_size
        store.write("thoughts", i, "x" * padding)
        used(file_of(store, "thoughts", i), 4 - i)
    store.write("scores", 0, {"j": 0.5})
    store.write_arrays("masks", 0, {"soft": np.zeros(3)})
    return store


def file_of(store, kind, made_of):
    return next(Path(store.folder, kind).rglob(f"{digest_value([VERSION, kind, made_of])}.*"))


def used(file, hours_ago):
    at = time.time() - hours_ago * HOUR_S
    os.utime(file, (at, at))


def ask(store, *arguments):
    main([*arguments, "--folder", store.folder])


def test_stats_by_kind(store, capsys):
    for i, at in ((0, datetime(2001, 2, 3, 4, 5, 59)), (3, datetime(2031, 2, 3, 4, 6))):
        os.utime(file_of(store, "thoughts", i), (at.timestamp(), at.timestamp()))
    ask(store, "stats")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["thoughts", "4", "4.0", "kB", "2001-02-03", "04:05", "2031-02-03", "04:06"] in rows
    assert [row[0] for row in rows if len(row) > 4][1:] == ["masks", "scores", "thoughts", "all"]
    assert next(row for row in rows if row[:1] == ["all"])[1] == "6"
    Path(store.folder, "empty").mkdir()
    main(["stats", "--folder", str(Path(store.folder, "empty"))])
    assert "0 bytes" in capsys.readouterr().out


def test_a_whole_store_is_whole_and_others_files_are_left_alone(store, capsys):
    for name in ("notes.json", "thoughts/notes.json", "thoughts/ab/notes.json", "thoughts/00112233445566aa.json"):
        other = Path(store.folder, name)
        other.parent.mkdir(exist_ok=True)
        other.write_text("mine")
    before = file_of(store, "thoughts", 0).stat().st_mtime
    ask(store, "verify", "--delete")
    assert capsys.readouterr().out == "6 files are whole\n"
    assert file_of(store, "thoughts", 0).stat().st_mtime == before
    ask(store, "prune", "--budget", "0GB")
    assert capsys.readouterr().out.endswith("left: 0, 0 bytes\n")
    assert sorted(f.name for f in Path(store.folder).rglob("*.*")) == ["00112233445566aa.json", *["notes.json"] * 3]


def test_verify_finds_what_is_wrong_and_removes_it_if_asked(store, capsys):
    damaged = file_of(store, "thoughts", 0)
    damaged.write_bytes(damaged.read_bytes().replace(b"xx", b"xy", 1))
    cut = file_of(store, "masks", 0)
    cut.write_bytes(cut.read_bytes()[:-30])
    moved, place = file_of(store, "thoughts", 1), file_of(store, "thoughts", 2)
    moved.replace(place)
    elsewhere = Path(store.folder, "truths", *file_of(store, "scores", 0).parts[-2:])
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_bytes(file_of(store, "scores", 0).read_bytes())
    killed, busy = (place.with_name(f".{place.name}.17.0123abc{i}") for i in range(2))
    for file, hours in ((killed, 25), (busy, 23)):
        file.write_bytes(b"half")
        used(file, hours)
    with pytest.raises(DataError, match=r"5 of 8 files are wrong, see above: --delete"):
        ask(store, "verify")
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert told == {
        str(damaged): "damaged: it is not what was written",
        str(cut): "damaged: it is not what was written",
        str(place): f"misplaced: it belongs to thoughts/{moved.parent.name}/{moved.name}",
        str(elsewhere): f"misplaced: it belongs to scores/{elsewhere.parent.name}/{elsewhere.name}",
        str(killed): "left by a writer that was killed",
    }
    assert damaged.exists()
    assert killed.exists()
    ask(store, "verify", "--delete")
    assert capsys.readouterr().out.endswith("3 files are whole, 5 were removed\n")
    ask(store, "verify")
    assert busy.exists()
    assert [store.read("thoughts", i) is None for i in range(4)] == [True, True, True, False]
    assert store.read("scores", 0) == {"j": 0.5}


@pytest.mark.parametrize(
    ("budget", "left"),
    [(4000, [0, 1, 2, 3]), (3999, [1, 2, 3]), (3000, [1, 2, 3]), (2500, [2, 3]), (1000, [3]), (999, []), (0, [])],
)
def test_the_least_recently_used_go_first(store, capsys, budget, left):
    for kind in ("scores", "masks"):
        file_of(store, kind, 0).unlink()
    ask(store, "prune", "--budget", f"{budget / 1000}kB")
    assert [i for i in range(4) if store.read("thoughts", i) is not None] == left
    kept = f"left: {len(left)}, {len(left)}.0 kB" if left else "left: 0, 0 bytes"
    gone = f"{4 - len(left)} files, " + (f"{4 - len(left)}.0 kB" if len(left) < 4 else "0 bytes")
    assert capsys.readouterr().out == f"removed: {gone}; {kept}\n"


def test_reading_keeps_a_file_from_being_pruned(store):
    assert store.read("thoughts", 0) is not None  # the oldest till now
    rest = sum(file_of(store, kind, 0).stat().st_size for kind in ("scores", "masks"))
    ask(store, "prune", "--budget", f"{(rest + 1000) / 1000}kB")
    assert [store.read("thoughts", i) is None for i in range(4)] == [False, True, True, True]


def test_what_killed_writers_left_goes_first_and_always(store, capsys):
    place = file_of(store, "thoughts", 0)
    killed, busy = (place.with_name(f".{place.name}.17.0123abc{i}") for i in range(2))
    for file, hours in ((killed, 25), (busy, 23)):
        file.write_bytes(b"x" * 1000)
        used(file, hours)
    ask(store, "prune", "--budget", "1GB")
    assert capsys.readouterr().out.startswith("removed: 1 files, 1.0 kB; left: 7")
    assert busy.exists()


def test_what_others_use_or_remove_meanwhile(store):
    files = files_of_store(Path(store.folder))
    assert store.read("thoughts", 0) is not None  # used after it was listed: it stays
    file_of(store, "thoughts", 1).unlink()  # removed by another: it counts as gone
    done = prune_files(files, sum(file.size for file in files) - 2000, lambda *_: None)
    assert (done.files, done.size, done.files_left) == (2, 2000, 4)
    assert [store.read("thoughts", i) is None for i in range(4)] == [False, True, True, False]


def test_what_cannot_be_removed_is_told(store, monkeypatch):
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with pytest.raises(DataError, match=r"cannot be removed \(.*denied\)"):
        ask(store, "prune", "--budget", "0GB")


@pytest.mark.parametrize(
    ("size", "count"), [("500MB", 5 * 10**8), ("5GB", 5 * 10**9), ("1.5TB", 15 * 10**11), ("2 kB", 2000), ("0GB", 0)]
)
def test_sizes(size, count):
    assert bytes_of(size) == count


@pytest.mark.parametrize("size", ["5", "5gb", "-1GB", "GB", "1e3GB", "5GiB", "nan GB", ".5GB"])
def test_what_is_no_size_is_refused(store, size):
    with pytest.raises(ConfigError, match=r"give a number and one of kB, MB, GB, TB"):
        main(["prune", "--folder", store.folder, f"--budget={size}"])
    assert len(files_of_store(Path(store.folder))) == 6


def test_a_folder_that_is_not_there(tmp_path):
    for action in (["stats"], ["verify"], ["prune", "--budget=1GB"]):
        with pytest.raises(DataError, match=r"nowhere: no such folder. Give the store's"):
            main([*action, "--folder", str(tmp_path / "nowhere")])


def test_as_a_command(store):
    """Help imports nothing that takes long, and what is wrong ends with code 1 and one line."""
    heavy = "import sys, tgs.store; sys.exit(bool({'torch', 'numpy', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", heavy]).returncode == 0
    command = [sys.executable, "-m", "tgs.store"]
    done = subprocess.run([*command, "prune", "--help"], capture_output=True, text=True)
    assert "--budget" in done.stdout
    file_of(store, "scores", 0).write_text("{}")
    done = subprocess.run([*command, "verify", "--folder", store.folder], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "DataError: 1 of 6 files are wrong, see above: --delete removes them.\n"
    done = subprocess.run([*command, "verify", "--delete", "--folder", store.folder], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
