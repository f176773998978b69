"""The commit of the code."""

import subprocess

import pytest

from tgs.commit import commit


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
