"""The border of this stage: what the pipeline asks of any thinker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tgs.think.features import Features
from tgs.types import Clip, Thought


class Thinker(Protocol):
    """Says which object each reference to a clip means."""

    def encode(self, clips: Sequence[Clip]) -> Features:
        """What frozen encoders make of some clips, float32: it depends on no reference, and on nothing that learns.

        Raises:
            DataError: the clips cannot be one batch.
        """
        ...

    def think_features(self, features: Sequence[Features], texts: Sequence[Sequence[str]]) -> list[list[Thought]]:
        """Reason about every reference of several clips.

        Args:
            features: of each clip by itself, on any device.
            texts: the references of each clip, as the csv holds them.
        Returns:
            For each clip, one thought per reference, in order; a text that could not be read is a thought that is not
            ok. A thinker that knows how sure it is says so in `doubt`.
        """
        ...
