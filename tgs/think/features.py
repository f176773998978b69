"""What the frozen encoders made of some clips: constant during training, so that it can be kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tgs.errors import DataError


@dataclass(frozen=True)
class Features:
    """Patch features of B clips with N frames (or seconds) each.

    Attributes:
        video_BNPD: of the frames; None where clips have none (audio captions).
        audio_BNAD: of the seconds; None where clips have no sound (image captions).
    """

    video_BNPD: Tensor | None
    audio_BNAD: Tensor | None

    def __post_init__(self) -> None:
        """Refuse what is no batch of clips.

        Raises:
            DataError: neither modality, not four-dimensional, or of different numbers of clips.
        """
        shapes = [tuple(t.shape) for t in (self.video_BNPD, self.audio_BNAD) if t is not None]
        if not shapes or any(len(shape) != 4 for shape in shapes) or len({shape[0] for shape in shapes}) != 1:
            raise DataError(f"features must be (B, N, patches, D) of the same B clips; got shapes {shapes}")

    def __len__(self) -> int:
        """B, how many clips."""
        present = self.video_BNPD if self.video_BNPD is not None else self.audio_BNAD
        assert present is not None
        return len(present)

    def __getitem__(self, rows: slice | Sequence[int]) -> Features:
        """Some of the clips, as a batch; a clip may be taken more than once."""
        index = rows if isinstance(rows, slice) else list(rows)
        return Features(*(None if t is None else t[index] for t in (self.video_BNPD, self.audio_BNAD)))

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Features:
        """The same numbers elsewhere, or in another precision (float16 for the disk)."""
        return Features(
            *(None if t is None else t.to(device=device, dtype=dtype) for t in (self.video_BNPD, self.audio_BNAD))
        )

    @classmethod
    def cat(cls, parts: Sequence[Features]) -> Features:
        """One batch of several.

        Raises:
            DataError: no parts, or they differ in modalities or in the number of frames or patches.
        """
        kinds = {tuple(t is not None and tuple(t.shape[1:]) for t in (p.video_BNPD, p.audio_BNAD)) for p in parts}
        if len(kinds) != 1:
            raise DataError(
                f"features of different shapes cannot be one batch: (video, audio) {sorted(map(str, kinds))}"
            )
        video = [p.video_BNPD for p in parts if p.video_BNPD is not None]
        audio = [p.audio_BNAD for p in parts if p.audio_BNAD is not None]
        return cls(torch.cat(video) if video else None, torch.cat(audio) if audio else None)
