"""The published bound on box fractions, in transformers' Grounding-DINO.

Before a box is moved, its centre and sides (fractions of the frame) go through a logit, kept off 0 and 1 by a bound:
1e-3 in groundingdino-py (`inverse_sigmoid`), 1e-5 in transformers 5.23. Boxes as large as the frame feel it, and
through self-attention all others do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

PUBLISHED = 1e-3
KEY = "reference_bound"
"""In the config.json of a converted checkpoint; a folder without it keeps transformers' own bound."""

_TRANSFORMERS = 1e-5


def apply_bound(model: Any, bound: float) -> None:
    """Make a loaded GroundingDinoForObjectDetection move its boxes with another bound. Frames must not be padded."""
    layers = model.model.decoder.layers
    for heads in (model.bbox_embed, model.model.decoder.bbox_embed):
        for index, layer in enumerate(layers):
            heads[index] = _Bounded(heads[index], layer, bound)


class _Bounded(nn.Module):
    """A box head whose shift makes up for the bound that transformers puts on the box it is added to."""

    def __init__(self, head: nn.Module, layer: nn.Module, bound: float) -> None:
        super().__init__()
        self.head, self.bound = head, bound
        self._boxes_BQ4 = torch.empty(0)
        layer.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, _: nn.Module, __: tuple[Any, ...], inputs: dict[str, Any]) -> None:
        self._boxes_BQ4 = inputs["reference_points"][:, :, 0]  # equal on all levels

    def forward(self, hidden_BQD: Tensor) -> Tensor:
        theirs = torch.special.logit(self._boxes_BQ4, eps=_TRANSFORMERS)
        kept, left = self._boxes_BQ4.clamp(min=self.bound), (1 - self._boxes_BQ4).clamp(min=self.bound)
        return self.head(hidden_BQD) + ((kept / left).log() - theirs)
