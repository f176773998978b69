"""Self-attention that knows how far apart two patches are: the one part of BEATs that torch does not have."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RelativeAttention(nn.Module):
    """Self-attention with a bucketed relative position bias, gated by the query of each head.

    The published code divides queries by 32 and multiplies scores back after subtracting their maximum, to keep
    half precision finite; softmax does not see the difference, so it is left out.
    """

    def __init__(self, width: int, *, heads: int, dropout: float, gated: bool, buckets: int, max_distance: int) -> None:
        """Build one layer's attention; `buckets` is 0 where an earlier layer holds the table of biases."""
        super().__init__()
        self.heads, self.dropout, self.gated, self.max_distance = heads, dropout, gated, max_distance
        self.k_proj, self.v_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.q_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.relative_attention_bias = nn.Embedding(buckets, heads) if buckets else None
        if gated:
            self.grep_linear = nn.Linear(width // heads, 8)
            self.grep_a = nn.Parameter(torch.ones(1, heads, 1, 1))

    def position_bias(self, n: int) -> Tensor | None:
        """Bias (heads, n, n) of the scores; None if this layer holds no table."""
        table = self.relative_attention_bias
        if table is None:
            return None
        places = torch.arange(n, device=table.weight.device)
        return table(bucket(places - places[:, None], table.num_embeddings, self.max_distance)).permute(2, 0, 1)

    def forward(self, x_BAD: Tensor, bias_HAA: Tensor | None) -> Tensor:
        """Attend over all patches of a row; gated, the bias counts 1 to 2 times (gain 1), by what the query holds."""
        q_BHAD, k_BHAD, v_BHAD = (
            linear(x_BAD).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for linear in (self.q_proj, self.k_proj, self.v_proj)
        )
        bias = bias_HAA
        if bias is not None and self.gated:
            gates_BHA2 = self.grep_linear(q_BHAD).unflatten(-1, (2, 4)).sum(-1).sigmoid()
            reset, update = gates_BHA2[..., :1], gates_BHA2[..., 1:]
            bias = (reset * (update * self.grep_a - 1.0) + 2.0) * bias
        dropout = self.dropout if self.training else 0.0
        mask = None if bias is None else bias.to(q_BHAD.dtype).expand(len(x_BAD), -1, -1, -1)
        y_BHAD = F.scaled_dot_product_attention(q_BHAD, k_BHAD, v_BHAD, attn_mask=mask, dropout_p=dropout)
        return self.out_proj(y_BHAD.transpose(1, 2).flatten(2))


def bucket(offset: Tensor, buckets: int, max_distance: int) -> Tensor:
    """Bucket of a relative position, T5 style: exact when near, logarithmic when far, ahead apart from behind.

    Args:
        offset: key position minus query position, any shape, integer.
        buckets: how many there are; the upper half is for keys ahead of the query.
        max_distance: from here on everything shares the last bucket.
    Returns:
        Integers in [0, buckets), shaped like `offset`.
    """
    half = buckets // 2
    exact = half // 2
    distance = offset.abs()
    # Clamped, since log(0) of the near ones is computed as well, and only then thrown away.
    far = torch.log(distance.clamp(min=1).float() / exact) / math.log(max_distance / exact) * (half - exact)
    far = (exact + far.long()).clamp(max=half - 1)
    return (offset > 0).long() * half + torch.where(distance < exact, distance, far)
