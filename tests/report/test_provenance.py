"""Which code and which versions a table comes from."""

import subprocess

import pytest

from tgs.report.provenance import Made, commit, duration, versions
from tgs.report.results import read_rows


@pytest.fixture
def checkout(tmp_path):
    """A repository with one commit."""
    root = tmp_path / "code"
    root.mkdir()
    (root / "file").write_text("a")
    me = ["-c", "user.name=t", "-c", "user.email=t@t"]
    for command in (["init", "-q"], ["add", "file"], [*me, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(root), *command], check=True, capture_output=True)
    return root


def test_the_commit_and_whether_files_have_changed_since(checkout):
    head = subprocess.run(
        ["git", "-C", str(checkout), "log", "-1", "--format=%h"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert commit(checkout) == head
    (checkout / "file").write_text("b")
    assert commit(checkout) == f"{head} with changes"


def test_a_repository_around_the_code_is_not_the_code_s(checkout, tmp_path):
    (checkout / "inner").mkdir()
    assert commit(checkout / "inner") is None
    assert commit(tmp_path / "nowhere") is None


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert commit(checkout) is None


def test_how_a_table_came_about():
    assert Made("tgs", "2026-01-02", "abc", 554.4).sentence() == "`tgs` (2026-01-02, commit abc, 9 min 14 s)."
    assert Made("tgs", "2026-01-02", None, None).sentence().endswith("not from a git checkout, rebuilt from records).")
    assert duration(59.4) == "59 s"


def test_every_version_is_named_once(write):
    folders = [write("a", seen=[0.1]), write("b", seen=[0.1], checkpoint="c1"),
               write("raw", seen=[0.1], policy="raw", checkpoint=None, benchmark_version=None)]  # fmt: skip
    assert versions(read_rows(folders)) == [
        "Benchmarks: stickers (csv aa), stickers 0.2 (csv aa).", "Protocol: tgs@1.", "Scale: tiny.",
        "Shipped weights: zz.", "Phase 2: c0, c1.", "tgs: 0.1.0.",
    ]  # fmt: skip
