"""State dicts as the released code saves them, written down by name: the code that maps them has no part in it."""

import re

import numpy as np
import torch

SMALL = {"width": 16, "layers": 2, "ffn": 32, "queries": 3, "out": 24, "words": 11, "places": 8}
PAPER = {"width": 768, "layers": 2, "ffn": 3072, "queries": 32, "out": 4096, "words": 30522, "places": 512}
"""Sizes of bert-base-uncased's configuration, with two layers."""
FEATURES = {"video": 1024, "audio": 768}
STEMS = {"video": ("vl_projector", "visual"), "audio": ("al_projector", "audio")}
LORA = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
LORA += ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def linear(name, into, out):
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def norm(name, width):
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def branch_shapes(name, features, *, width, layers, ffn, queries, out, words, places):
    """Names and shapes of the parameters of the released `VLProjector` or `ALProjector`, without a prefix."""
    stem = STEMS[name][1]
    bert = f"{stem}_Qformer.bert"
    shapes = {
        f"{stem}_query_tokens": (1, queries, width),
        **norm(f"{stem}_ln", features),
        f"{bert}.embeddings.word_embeddings.weight": (words, width),
        f"{bert}.embeddings.position_embeddings.weight": (places, width),
        **norm(f"{bert}.embeddings.LayerNorm", width),
    }
    for i in range(layers):
        layer = f"{bert}.encoder.layer.{i}"
        for attention, read in (("attention", width), ("crossattention", features)):
            shapes |= linear(f"{layer}.{attention}.self.query", width, width)
            shapes |= linear(f"{layer}.{attention}.self.key", read, width)
            shapes |= linear(f"{layer}.{attention}.self.value", read, width)
            shapes |= linear(f"{layer}.{attention}.output.dense", width, width)
            shapes |= norm(f"{layer}.{attention}.output.LayerNorm", width)
        for side in ("", "_query"):
            shapes |= linear(f"{layer}.intermediate{side}.dense", width, ffn)
            shapes |= linear(f"{layer}.output{side}.dense", ffn, width)
            shapes |= norm(f"{layer}.output{side}.LayerNorm", width)
    head = f"{stem}_Qformer.cls.predictions"
    shapes |= {f"{head}.bias": (words,)} | linear(f"{head}.transform.dense", width, width)
    shapes |= norm(f"{head}.transform.LayerNorm", width)
    return shapes | linear(f"{stem}_proj.0", width, out) | linear(f"{stem}_proj.2", out, out)


def lora_shapes(*, layers, width, ffn, rank, keys=None):
    """LoRA of every block as `named_parameters` of the released PeftModel has it, without `base_model.model.`."""
    sizes = dict.fromkeys(LORA, (width, width))
    sizes |= {"mlp.gate_proj": (width, ffn), "mlp.up_proj": (width, ffn), "mlp.down_proj": (ffn, width)}
    sizes |= {f"self_attn.{name}_proj": (width, width if keys is None else keys) for name in "kv"}
    return {
        f"model.layers.{i}.{name}.lora_{side}.default.weight": (rank, into) if side == "A" else (out, rank)
        for i in range(layers)
        for name, (into, out) in sizes.items()
        for side in "AB"
    }


def prefixed(prefix, state):
    return {prefix + key: value for key, value in state.items()}


def stripped(state):
    """As `get_peft_model_state_dict` writes LoRA: without the adapter's name."""
    return {re.sub(r"(lora_[AB])\.default\.", r"\1.", key): value for key, value in state.items()}


def filled(shapes, seed):
    """Numbers that are the same everywhere: large enough for every layer to matter, norms about one."""
    rng = np.random.RandomState(seed)  # its stream is frozen for ever
    state = {}
    for key in sorted(shapes):
        shape = shapes[key]
        values = rng.standard_normal(shape).astype(np.float32)
        if len(shape) == 2 and "embeddings" not in key:
            values *= shape[1] ** -0.5
        elif len(shape) == 1:
            values = values * np.float32(0.1) + np.float32(re.search(r"(LayerNorm|_ln)\.weight$", key) is not None)
        state[key] = torch.from_numpy(values)
    return state


def patch_features(n, patches, features, seed):
    rng = np.random.RandomState(seed)
    return torch.from_numpy((2 * rng.standard_normal((n, patches, features)) + 0.5).astype(np.float32))
