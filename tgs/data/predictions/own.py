"""The masks of an evaluation of ours, written the way any system's are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tgs.data.predictions.images import PredictedImages
from tgs.types import Masks, Reference


@dataclass(frozen=True)
class OwnMasks:
    """Where an evaluation leaves its masks.

    Attributes:
        images: the folder.
        keys: of every row of the csv, see `keys_of`.
    """

    images: PredictedImages
    keys: Mapping[int, str]

    def has(self, references: Iterable[Reference]) -> bool:
        """Whether the masks of all of them are there."""
        return all((self.images.root / self.keys[reference.row]).is_dir() for reference in references)

    def write(self, reference: Reference, masks: Masks) -> None:
        """Keep the masks of one."""
        self.images.write(self.keys[reference.row], masks)
