"""What the published Grounding-DINO calls each weight of transformers' implementation.

Source: module names of groundingdino-py 0.4.0 and of transformers 5.23, compared by what each module computes.
"""

from __future__ import annotations

import re

UNUSED = re.compile(r"\.swin\.layernorm\.")
"""Weights that transformers builds and never reads: it norms the stages' outputs one by one, as the published one."""

PASSED_OVER = re.compile(r"bert\.pooler\.|.*\.attn\.relative_position_index")
"""Published keys without a counterpart: the detector reads no pooled text, and counts window positions anew."""

_SWIN = r"model\.backbone\.conv_encoder\.model\."
_FEED_FORWARD = {"fc1.": "linear1.", "fc2.": "linear2."}
_PLACES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (_SWIN + r"swin\.embeddings\.", "backbone.0.patch_embed.", {"patch_embeddings.projection.": "proj."}),
    (_SWIN + r"swin\.encoder\.layers\.(\d+)\.blocks\.(\d+)\.", r"backbone.0.layers.\1.blocks.\2.", {
        "attention.q_proj.": "attn.qkv.",
        "attention.k_proj.": "attn.qkv.",
        "attention.v_proj.": "attn.qkv.",
        "attention.o_proj.": "attn.proj.",
        "attention.relative_position_bias.": "attn.",
        "layernorm_before.": "norm1.",
        "layernorm_after.": "norm2.",
    }),
    (_SWIN + r"swin\.encoder\.layers\.(\d+)\.downsample\.", r"backbone.0.layers.\1.downsample.", {}),
    (_SWIN + r"hidden_states_norms\.stage", "backbone.0.norm", {"1.": "0.", "2.": "1.", "3.": "2.", "4.": "3."}),
    (r"model\.input_proj_vision\.", "input_proj.", {}),
    (r"model\.text_backbone\.", "bert.", {}),
    (r"model\.text_projection\.", "feat_map.", {}),
    (r"model\.query_position_embeddings\.", "transformer.tgt_embed.", {}),
    (r"model\.encoder\.layers\.(\d+)\.text_enhancer_layer\.", r"transformer.encoder.text_layers.\1.", {
        "self_attn.query.": "self_attn.in_proj_",
        "self_attn.key.": "self_attn.in_proj_",
        "self_attn.value.": "self_attn.in_proj_",
        "layer_norm_before.": "norm1.",
        "layer_norm_after.": "norm2.",
        **_FEED_FORWARD,
    }),
    (r"model\.encoder\.layers\.(\d+)\.fusion_layer\.", r"transformer.encoder.fusion_layers.\1.", {
        "vision_param": "gamma_v",
        "text_param": "gamma_l",
        "layer_norm_vision.": "layer_norm_v.",
        "layer_norm_text.": "layer_norm_l.",
        "attn.vision_proj.": "attn.v_proj.",
        "attn.text_proj.": "attn.l_proj.",
        "attn.values_vision_proj.": "attn.values_v_proj.",
        "attn.values_text_proj.": "attn.values_l_proj.",
        "attn.out_vision_proj.": "attn.out_v_proj.",
        "attn.out_text_proj.": "attn.out_l_proj.",
    }),
    (r"model\.encoder\.layers\.(\d+)\.deformable_layer\.", r"transformer.encoder.layers.\1.", {
        "self_attn_layer_norm.": "norm1.",
        "final_layer_norm.": "norm2.",
        **_FEED_FORWARD,
    }),
    (r"model\.decoder\.layers\.(\d+)\.", r"transformer.decoder.layers.\1.", {
        "self_attn.query.": "self_attn.in_proj_",
        "self_attn.key.": "self_attn.in_proj_",
        "self_attn.value.": "self_attn.in_proj_",
        "self_attn_layer_norm.": "norm2.",
        "encoder_attn_text.query.": "ca_text.in_proj_",
        "encoder_attn_text.key.": "ca_text.in_proj_",
        "encoder_attn_text.value.": "ca_text.in_proj_",
        "encoder_attn_text.": "ca_text.",
        "encoder_attn_text_layer_norm.": "catext_norm.",
        "encoder_attn.": "cross_attn.",
        "encoder_attn_layer_norm.": "norm1.",
        "final_layer_norm.": "norm3.",
        **_FEED_FORWARD,
    }),
    (r"model\.decoder\.layer_norm\.", "transformer.decoder.norm.", {}),
    (r"model\.decoder\.reference_points_head\.", "transformer.decoder.ref_point_head.", {}),
    (r"model\.encoder_output_bbox_embed\.", "transformer.enc_out_bbox_embed.", {}),
    (r"model\.", "transformer.", {}),  # level_embed, enc_output, enc_output_norm, decoder.bbox_embed
)  # fmt: skip
"""Places in transformers' model, first match counts; the same place published; and what is renamed within it."""

_THIRD = {"q_proj": 0, "query": 0, "k_proj": 1, "key": 1, "v_proj": 2, "value": 2}


def source(name: str) -> tuple[str, int | None]:
    """Where transformers' weight `name` lies in a published checkpoint.

    Returns:
        The published key, and which third of its rows: 0 query, 1 key, 2 value; None for all of them.
    """
    key = name
    for place, published, renamed in _PLACES:
        if found := re.match(place, name):
            rest = name[found.end() :]
            start = next((start for start in renamed if rest.startswith(start)), "")
            key = found.expand(published) + renamed.get(start, "") + rest.removeprefix(start)
            break
    joined = ".attn.qkv." in key or ".in_proj_" in key
    return key, _THIRD[name.split(".")[-2]] if joined else None
