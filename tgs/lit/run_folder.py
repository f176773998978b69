"""A run's folder: what made it, whether it is done, and whether the same command may go on in it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tgs import __version__
from tgs.digest import digest_value
from tgs.errors import ConfigError


def write_json(path: Path, value: object) -> None:
    """Write whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    partial.replace(path)


@dataclass(frozen=True)
class RunFolder:
    """One training run on disk: run.json (settings), last.ckpt, metrics, export/, summary.json (only when done)."""

    path: Path

    @property
    def last(self) -> Path:
        """The checkpoint that a killed run goes on from."""
        return self.path / "last.ckpt"

    @property
    def export(self) -> Path:
        """What the run was for: weights in the form that the stages load."""
        return self.path / "export"

    @property
    def done(self) -> bool:
        """Whether the run ended and its export is whole."""
        return (self.path / "summary.json").is_file()

    def claim(self, settings: dict[str, Any], *, overwrite: bool) -> None:
        """Make the folder this run's own, or check that it already is.

        Raises:
            ConfigError: the folder holds a run of other settings; names the keys that differ.
        """
        made_by = self.path / "run.json"
        if overwrite and self.path.exists():
            shutil.rmtree(self.path)
        if made_by.is_file():
            before = json.loads(made_by.read_text())["settings"]
            if digest_value(before) != digest_value(settings):
                raise ConfigError(
                    f"{self.path} holds a run of other settings ({', '.join(differing(before, settings))}). "
                    "Give this one another name with run=NAME, or start it anew with overwrite=true."
                )
            return
        write_json(made_by, {"tgs": __version__, "begun": now(), "settings": settings})

    def finish(self, scores: dict[str, float], seconds: float) -> None:
        """Mark the run as done."""
        write_json(
            self.path / "summary.json",
            {"tgs": __version__, "ended": now(), "seconds_of_last_leg": round(seconds, 1), "scores": scores},
        )

    def summary(self) -> dict[str, Any]:
        """What `finish` wrote."""
        return json.loads((self.path / "summary.json").read_text())


def now() -> str:
    """UTC time to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def differing(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of the keys whose values differ."""
    names = []
    for key in sorted({*before, *after}):
        left, right = before.get(key), after.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            names += differing(left, right, f"{prefix}{key}.")
        elif left != right:
            names.append(f"{prefix}{key}: {left!r} there, {right!r} here")
    return names
