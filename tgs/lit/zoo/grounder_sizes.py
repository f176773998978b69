"""How large the tiny detector is, and what it starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from tgs.ground.hf import build
from tgs.lit.zoo.grounder_words import ROWS


@dataclass(frozen=True)
class GrounderSizes:
    """Settings of the tiny Grounding-DINO; the defaults are the shipped one's, 2.05 M parameters.

    Attributes:
        height_px, width_px: input size; multiples of 32.
        swin_embed, swin_depths, swin_window: the backbone; only its last two stages (strides 16, 32) are used.
        text_width, text_layers: the BERT.
        max_text_len: tokens of a caption, special ones included.
        width: of the fusion transformer, a multiple of 32 (group norm).
        layers: of its encoder and of its decoder each; at least 2, because transformers 5.23 ties none of one.
        hidden: its feed-forward width.
        queries: boxes per frame.
    """

    height_px: int = 128
    width_px: int = 224
    swin_embed: int = 32
    swin_depths: tuple[int, ...] = (1, 1, 3, 1)
    swin_window: int = 8
    text_width: int = 64
    text_layers: int = 2
    max_text_len: int = 64
    width: int = 96
    layers: int = 2
    hidden: int = 192
    queries: int = 20

    @property
    def grids(self) -> list[tuple[int, int]]:
        """(height, width) of the two feature levels."""
        return [(math.ceil(self.height_px / stride), math.ceil(self.width_px / stride)) for stride in (16, 32)]

    def config(self) -> dict[str, Any]:
        """Contents of the model's config.json."""
        return {
            "model_type": "grounding-dino",
            "backbone_config": {
                "model_type": "swin",
                "image_size": self.width_px,
                "patch_size": 4,
                "embed_dim": self.swin_embed,
                "depths": list(self.swin_depths),
                "num_heads": [max(1, self.swin_embed * 2**stage // 16) for stage in range(4)],
                "window_size": self.swin_window,
                "drop_path_rate": 0.0,
                "mlp_ratio": 2.0,
                "out_features": ["stage3", "stage4"],
            },
            "text_config": {
                "model_type": "bert",
                "vocab_size": ROWS,
                "hidden_size": self.text_width,
                "num_hidden_layers": self.text_layers,
                "num_attention_heads": 4,
                "intermediate_size": 2 * self.text_width,
                "max_position_embeddings": self.max_text_len,
                "hidden_dropout_prob": 0.0,
                "attention_probs_dropout_prob": 0.0,
            },
            "d_model": self.width,
            "encoder_layers": self.layers,
            "decoder_layers": self.layers,
            "encoder_ffn_dim": self.hidden,
            "decoder_ffn_dim": self.hidden,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "num_queries": self.queries,
            "num_feature_levels": 2,
            "max_text_len": self.max_text_len,
            "dropout": 0.0,
            "fusion_droppath": 0.0,
            "two_stage": True,
            "auxiliary_loss": True,
            "embedding_init_target": True,  # False fails in transformers 5.23 with two stages
            "disable_custom_kernels": True,
        }


SHIPPED = GrounderSizes()


def fresh(sizes: GrounderSizes) -> Any:
    """An untrained detector whose first scores are near sigmoid(-4).

    Logits are plain dot products of two layer-normed vectors, of standard deviation sqrt(width): far too wide to
    start from. The text side is shrunk to 0.3, and a constant is put into both sides along the all-ones direction,
    to which layer-normed vectors are orthogonal, so that their product is exactly the prior.
    """
    model: Any = build(sizes.config())
    prior, shrink = 4.0, 0.3
    share = math.sqrt(prior / sizes.width)
    with torch.no_grad():
        text = model.model.encoder.layers[-1].text_enhancer_layer.layer_norm_after
        text.weight.fill_(shrink)
        text.bias.fill_(-share)
        model.model.enc_output_norm.bias.fill_(share)
        model.model.decoder.layer_norm.bias.fill_(share)
    return model
