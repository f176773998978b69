"""What an evaluation leaves on disk: a pair of small files a clip while it runs, a record and a summary at its end.

Every clip's files are written whole or not at all, so that a killed evaluation goes on where it stopped and ends
with the same bytes. Nothing here needs a model: tables and pictures are made from these files alone.

    clips/{folder}.json   the clip's references: thought, description, boxes, scores
    clips/{folder}.npz    per reference row the F curve's sums, for protocols that pool curves
    references.jsonl      all references in csv order, when every clip is there
    summary.json          the numbers of the table and where they come from
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tgs.atomic import write_json
from tgs.errors import DataError


@dataclass(frozen=True)
class EvalFolder:
    """The folder of one evaluation."""

    path: Path

    def has_clip(self, folder: str) -> bool:
        """Whether a clip is done; its json is written last."""
        return (self.path / "clips" / f"{folder}.json").is_file()

    def write_clip(self, folder: str, rows: list[dict[str, Any]], curves: Mapping[int, NDArray[np.float64]]) -> None:
        """Keep one clip's results.

        Args:
            folder: the clip's media folder.
            rows: one JSON-able dict per reference, with `uid` and `row`.
            curves: by csv row, what the protocol needs to pool F.
        """
        clips = self.path / "clips"
        clips.mkdir(parents=True, exist_ok=True)
        partial = clips / f".{folder}.{os.getpid()}.npz"
        np.savez(partial, **{str(row): curve for row, curve in curves.items()})  # type: ignore[arg-type]
        partial.replace(clips / f"{folder}.npz")
        write_json(clips / f"{folder}.json", rows, indent=None)  # json indents in Python, which is slow

    def read_clip(self, folder: str) -> tuple[list[dict[str, Any]], dict[int, NDArray[np.float64]]]:
        """What `write_clip` kept.

        Raises:
            DataError: a file is missing or damaged.
        """
        clips = self.path / "clips"
        try:
            rows = json.loads((clips / f"{folder}.json").read_text())
            with np.load(clips / f"{folder}.npz") as curves:
                return rows, {int(row): curves[row] for row in curves.files}
        except (OSError, ValueError) as error:
            raise DataError(
                f"{clips / folder}.json/.npz: cannot be read ({error}). Delete both and evaluate again."
            ) from error

    def finish(self, rows: Iterable[dict[str, Any]], summary: dict[str, Any]) -> None:
        """Write the record in csv order, then the summary, which marks the evaluation as done."""
        lines = [json.dumps(row, ensure_ascii=False) for row in sorted(rows, key=lambda row: row["row"])]
        record = self.path / "references.jsonl"
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text("\n".join(lines) + "\n")
        write_json(self.path / "summary.json", summary)

    def references(self) -> list[dict[str, Any]]:
        """The records of a finished evaluation, in csv order.

        Raises:
            DataError: it is not finished, or the file is damaged.
        """
        path = self.path / "references.jsonl"
        try:
            return [json.loads(line) for line in path.read_text().splitlines()]
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be read ({error}). Run the same evaluation again.") from error

    def summary(self) -> dict[str, Any]:
        """The numbers of a finished evaluation.

        Raises:
            DataError: it is not finished.
        """
        path = self.path / "summary.json"
        if not path.is_file():
            raise DataError(f"{path} is missing: the evaluation has not finished. Run the same command again.")
        return json.loads(path.read_text())


def eval_folder(runs: Path, benchmark: str, policy: str, digest: str) -> EvalFolder:
    """Named for people, keyed by the digest of everything that the numbers depend on."""
    return EvalFolder(runs / "eval" / f"{benchmark}-{policy}-{digest}")


def finished(sweep: Path) -> list[Path]:
    """The evaluation folders of a sweep's finished jobs, in job order.

    Args:
        sweep: holds a folder per job, named by its number, with a `result.json` once it has finished.
    """
    results = sorted(sweep.glob("*/result.json"), key=lambda path: int(path.parent.name))
    return [Path(json.loads(path.read_text())["folder"]) for path in results]
