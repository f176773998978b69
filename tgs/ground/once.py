"""What a detector need not do again for every caption, or for every frame."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class OncePerClip(nn.Module):
    """A vision backbone that is run once for all captions of a clip: it does not see the text.

    Remembers its last input by identity, so the caller must pass the same tensor object, and let it go after.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self._seen: Tensor | None = None
        self._said: Any = None

    def forward(self, pixels: Tensor, *others: Tensor) -> Any:
        """The backbone's own answer."""
        if pixels is not self._seen:
            self._said, self._seen = self.backbone(pixels, *others), pixels
        return self._said

    @property
    def position_embedding(self) -> nn.Module:
        """transformers reaches for it when there are more levels than stages."""
        return self.backbone.position_embedding  # type: ignore[return-value]

    def __getitem__(self, index: int) -> nn.Module:
        """The groundingdino package reaches for the position encoding as item 1."""
        return self.backbone[index]  # type: ignore[index]

    def forget(self) -> None:
        """Frees the last clip."""
        self._seen = self._said = None


class OncePerCaption(nn.Module):
    """A text encoder that reads one row of a batch whose rows are all the same caption: it does not see the frames."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, *given: Any, **named: Any) -> Any:
        """The encoder's hidden states (N, L, D), N times the same."""
        from transformers.modeling_outputs import BaseModelOutput

        n = len(given[0] if given else named["input_ids"])
        said = self.encoder(*map(_first, given), **{name: _first(value) for name, value in named.items()})
        return BaseModelOutput(last_hidden_state=said["last_hidden_state"].expand(n, -1, -1))


def _first(value: Any) -> Any:
    return value[:1] if isinstance(value, Tensor) else value
