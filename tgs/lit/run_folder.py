"""A run's folder: what made it, whether it is done, and whether the same command may go on in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tgs import __version__
from tgs.atomic import write_json
from tgs.commit import commit
from tgs.digest import digest_path
from tgs.errors import ConfigError, DataError

COMPONENTS = ("benchmark", "thinker", "grounder", "segmenter")
"""Groups that stand in every run's settings; they count only where the run's own settings point at them."""


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

    def claim(
        self,
        settings: dict[str, Any],
        *,
        overwrite: bool,
        experiment: str | None = None,
        ingredients: Mapping[str, str] | None = None,
    ) -> None:
        """Make the folder this run's own, or check that it already is.

        Args:
            settings: what the run is made by.
            overwrite: start anew, whatever the folder holds.
            experiment: the name under which conf/experiment holds the settings.
            ingredients: digests of what the run is made from, by name; see `digests`.
        Raises:
            ConfigError: the folder holds a run of other settings or ingredients; names those that differ.
        """
        if overwrite and self.path.exists():
            shutil.rmtree(self.path)
        own = {"settings": settings, "ingredients": dict(ingredients or {})}
        if (self.path / "run.json").is_file():
            there = {"ingredients": own["ingredients"], **self.made_by()}  # the first runs did not note ingredients
            for what, before, after in (
                ("settings", relevant(there["settings"]), relevant(settings)),
                ("ingredients", there["ingredients"], own["ingredients"]),
            ):
                if different := differing(before, after):
                    raise ConfigError(
                        f"{self.path} holds a run of other {what} ({', '.join(different)}). "
                        "Give this one another name with run=NAME, or start it anew with overwrite=true."
                    )
            return
        made_by = {"tgs": __version__, "begun": now(), "experiment": experiment, "commit": commit(), **own}
        write_json(self.path / "run.json", made_by, indent=2)

    def made_by(self) -> dict[str, Any]:
        """What `claim` wrote.

        Raises:
            DataError: the folder is no run's.
        """
        return self._read("run.json", "It is no run of `python -m tgs.train`.")

    def finish(
        self, scores: dict[str, float], *, steps: int, seconds: float, cpu_seconds: float, timed_from_step: int = 0
    ) -> None:
        """Mark the run as done.

        Args:
            scores: of the last validation, by name.
            steps: of the optimiser.
            seconds, cpu_seconds, timed_from_step: see `tgs.lit.ledger.Ledger.spent`.
        """
        self._write_summary(
            {
                "tgs": __version__,
                "torch": version("torch"),
                "ended": now(),
                "steps": steps,
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
                "timed_from_step": timed_from_step,
                "scores": scores,
            }
        )

    def note(self, **facts: Any) -> None:
        """Add facts to the summary of a finished run."""
        if (summary := self.summary()) != (noted := summary | facts):
            self._write_summary(noted)

    def summary(self) -> dict[str, Any]:
        """What `finish` and `note` wrote.

        Raises:
            DataError: the run is not finished.
        """
        return self._read("summary.json", "The run has not finished: run the same command again.")

    def _write_summary(self, summary: dict[str, Any]) -> None:
        write_json(self.path / "summary.json", summary, indent=2)

    def _read(self, name: str, remedy: str) -> dict[str, Any]:
        if not (self.path / name).is_file():
            raise DataError(f"{self.path} has no {name}. {remedy}")
        return json.loads((self.path / name).read_text(encoding="utf-8"))


def relevant(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without the `COMPONENTS` that nothing in them points at."""
    kept = {key: value for key, value in settings.items() if key not in COMPONENTS}
    while named := [key for key in COMPONENTS if key in {*settings} - {*kept} and f"${{{key}" in json.dumps(kept)]:
        kept |= {key: settings[key] for key in named}
    return kept


def digests(ingredients: Mapping[str, str]) -> dict[str, str]:
    """Digests of files or folders, by the same names; see `digest_path`.

    Raises:
        DataError: one of them is missing.
    """
    for name, path in ingredients.items():
        if not Path(path).exists():
            raise DataError(
                f"the run is made from {name}, and there is no {path}: "
                "the head of the experiment's file in conf/experiment says what to run before"
            )
    return {name: digest_path(Path(path)) for name, path in ingredients.items()}


def now() -> str:
    """UTC time to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def differing(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[str]:
    """Dotted names of the keys whose values differ; a missing one is None, as a new key's default is."""
    names = []
    for key in sorted({*before, *after}):
        left, right = before.get(key), after.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            names += differing(left, right, f"{prefix}{key}.")
        elif left != right:
            names.append(f"{prefix}{key}: {left!r} there, {right!r} here")
    return names
