"""Predictions of either form, by their path."""

from __future__ import annotations

from pathlib import Path

from tgs.data.predictions.base import Predictions
from tgs.data.predictions.images import PredictedImages
from tgs.data.predictions.rle import PredictedRuns
from tgs.errors import DataError
from tgs.types import Foreground


def open_predictions(path: Path, foreground: Foreground = Foreground.soft) -> Predictions:
    """A folder of images, or a jsonl file of run lengths.

    Raises:
        DataError: it is neither.
    """
    if path.is_dir():
        return PredictedImages(path, foreground)
    if path.is_file() and path.suffix == ".jsonl":
        return PredictedRuns.open(path)
    raise DataError(
        f"predictions={path} is neither a folder with a folder of images per reference ({{uid}}/00000.png ...) nor a "
        f".jsonl file of run lengths."
    )
