"""Which commit of the code is running: records and tables say it."""

from __future__ import annotations

import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def commit(checkout: Path = CHECKOUT) -> str | None:
    """The short commit of the code, with a word where files have changed since; None outside of a git checkout.

    Args:
        checkout: root of the repository; a repository that merely lies around it does not count.
    """
    root = _git(checkout, "rev-parse", "--show-toplevel")
    head = _git(checkout, "rev-parse", "--short", "HEAD")
    if root is None or head is None or Path(root).resolve() != checkout.resolve():
        return None
    changed = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    return f"{head} with changes" if changed else head


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where there is no git, or no repository."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
