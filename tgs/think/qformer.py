"""Q-Former: a few learned queries read the many patches of one frame, or of one second of sound."""

from __future__ import annotations

import torch
from torch import Tensor, nn

QUERY_STD = 0.02
"""Source: released `multimodal_encoder.py`; the queries start as N(0, 0.02)."""


class QFormer(nn.Module):
    """BLIP-2's Q-Former with cross-attention in every layer; frames do not see each other.

    Args:
        features: width of the encoder's patch features.
        queries: how many tokens a frame or second becomes.
        width, layers, heads, ffn: sizes of the transformer; the defaults are the paper's (BERT base, two layers).
        dropout: on hidden states and attention, in training only.
        init_std: of the random weights. DEPARTS at tiny width: BERT's 0.02 suits a width of 768; at 128 a larger one
            starts a little faster (experiments/tiny_training.md).
    Source:
        Released `VLProjector` and `ALProjector`: random start, LayerNorm on the inputs, no question text.
    """

    def __init__(
        self,
        features: int,
        *,
        queries: int = 32,
        width: int = 768,
        layers: int = 2,
        heads: int = 12,
        ffn: int = 3072,
        dropout: float = 0.1,
        init_std: float = 0.02,
    ) -> None:
        from transformers import Blip2QFormerConfig, Blip2QFormerModel

        super().__init__()
        self.queries_QD = nn.Parameter(torch.randn(queries, width) * QUERY_STD)
        self.norm = nn.LayerNorm(features)
        self.model = Blip2QFormerModel(
            Blip2QFormerConfig(
                hidden_size=width,
                num_hidden_layers=layers,
                num_attention_heads=heads,
                intermediate_size=ffn,
                hidden_dropout_prob=dropout,
                attention_probs_dropout_prob=dropout,
                initializer_range=init_std,
                cross_attention_frequency=1,
                encoder_hidden_size=features,
            )
        )

    @property
    def queries(self) -> int:
        """Q, tokens per frame or second."""
        return len(self.queries_QD)

    @property
    def width(self) -> int:
        """D of what it returns."""
        return self.queries_QD.shape[1]

    def forward(self, features_NPD: Tensor) -> Tensor:
        """Summarise each frame.

        Args:
            features_NPD: patch features of N frames (or seconds) of any clips.
        Returns:
            (N, Q, width), each row from its own frame alone.
        """
        features_NPD = self.norm(features_NPD.to(self.norm.weight.dtype))
        queries_NQD = self.queries_QD.expand(len(features_NPD), -1, -1)
        return self.model(query_embeds=queries_NQD, encoder_hidden_states=features_NPD).last_hidden_state
