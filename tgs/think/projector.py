"""Projector: from the Q-Former's width to the language model's."""

from __future__ import annotations

from torch import Tensor, nn

from tgs.think.qformer import QFormer

_GELU_POWER = 0.4252
"""Mean of GELU(z)^2 for z ~ N(0, 1)."""


class Projector(nn.Sequential):
    """Linear, GELU, Linear, as released (no norm, no dropout).

    Args:
        width: of the Q-Former.
        out: width of the language model.
        out_std: standard deviation that the outputs start with, for inputs of unit variance. DEPARTS: None is the
            released start (torch's own); a small language model learns far sooner from tokens that are as large as
            its word embeddings.
    """

    def __init__(self, width: int, out: int, *, out_std: float | None = None) -> None:
        first, last = nn.Linear(width, out), nn.Linear(out, out)
        super().__init__(first, nn.GELU(), last)
        if out_std is not None:
            for linear, std in ((first, width**-0.5), (last, out_std * (_GELU_POWER * out) ** -0.5)):
                nn.init.normal_(linear.weight, std=std)
                nn.init.zeros_(linear.bias)


class Branch(nn.Module):
    """What one modality learns: Q-Former and projector. Features of frames in, tokens for the language model out."""

    def __init__(self, qformer: QFormer, projector: Projector) -> None:
        super().__init__()
        self.qformer, self.projector = qformer, projector

    @property
    def queries(self) -> int:
        """Q, tokens per frame or second."""
        return self.qformer.queries

    def forward(self, features_NPD: Tensor) -> Tensor:
        """(N, P, features) of N frames or seconds to (N, Q, width of the language model)."""
        return self.projector(self.qformer(features_NPD))


def build_branch(features: int, *, out: int, out_std: float | None = None, **qformer: float) -> Branch:
    """A branch with random weights; `qformer` holds keywords of `QFormer`."""
    reader = QFormer(features, **qformer)  # type: ignore[arg-type]
    return Branch(reader, Projector(reader.width, out, out_std=out_std))


def embedding_std(embeddings: nn.Embedding) -> float:
    """Standard deviation of a language model's word embeddings, for `Projector.out_std`."""
    return float(embeddings.weight.detach().float().std())
