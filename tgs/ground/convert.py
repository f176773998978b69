"""A published Grounding-DINO checkpoint, once, into the folder that `HfGrounder` reads."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tgs.atomic import whole_folder, write_json
from tgs.digest import provenance
from tgs.errors import WeightsError
from tgs.ground.bound import KEY, PUBLISHED
from tgs.ground.groundingdino import LONG_PX, REMEDY, SHORT_PX, read_published
from tgs.ground.hf import MEAN, STD, build
from tgs.ground.published_names import PASSED_OVER, UNUSED, source
from tgs.weight_files import fit, read_json, require, write_weights

HEADS, MAX_TEXT_TOKENS = 8, 256
"""What no shape of a checkpoint tells. Source: the released GroundingDINO_SwinT_OGC.py and _SwinB_cfg.py."""

_SHOWN = 4


def convert(checkpoint: Path, to: Path, text: Path | None = None) -> list[str]:
    """Write config.json, model.safetensors (float32), tokenizer.json, preprocessor_config.json and a manifest.

    Args:
        checkpoint: as published, `groundingdino_swint_ogc.pth` or `groundingdino_swinb_cogcoor.pth`.
        to: for `HfGrounder(weights=to)`; what was there is replaced.
        text: folder with config.json and tokenizer.json of the text encoder, bert-base-uncased; None takes the folder
            of that name beside the checkpoint.
    Returns:
        Lines for the reader.

    Raises:
        WeightsError: a file is missing or damaged, or a key is missing, unexpected, of another shape, or differs from
            another one with which the model shares it. Nothing has been written then.
    """
    text = checkpoint.with_name("bert-base-uncased") if text is None else text
    tokenizer = require(text / "tokenizer.json", REMEDY)
    published = read_published(checkpoint)
    config = config_of(published, read_json(text / "config.json", REMEDY), checkpoint)
    model = build(config)
    own = model.state_dict()
    state = translate(published, own, checkpoint)
    fit(model, state, str(checkpoint), needed=set(state))
    if unlike := [name for name, value in state.items() if not torch.equal(own[name], value)]:
        raise WeightsError(
            f"{checkpoint}: {source(unlike[0])[0]} differs from its like in another decoder layer; transformers' model "
            "has one box head for all, as the published checkpoints do"
        )
    once = {value.data_ptr(): name for name, value in reversed(own.items())}  # of names for one tensor, the first
    size = {"shortest_edge": SHORT_PX, "longest_edge": LONG_PX}
    pictures = {"size": size, "image_mean": list(MEAN), "image_std": list(STD)}
    source_files = [provenance(file) for file in (checkpoint, text / "config.json", tokenizer)]
    with whole_folder(to) as folder:
        write_json(folder / "config.json", config)
        write_json(folder / "preprocessor_config.json", pictures)
        shutil.copyfile(tokenizer, folder / "tokenizer.json")
        write_weights(folder, {name: own[name] for name in once.values()}, dtype=torch.float32)
        write_json(folder / "manifest.json", {"format": 1, "made_by": "tgs.convert", "source": source_files})
    return [f"{len(once)} tensors, {sum(own[name].numel() for name in once.values()):,} numbers"]


def translate(published: Mapping[str, Tensor], own: Mapping[str, Tensor], where: Path) -> dict[str, Tensor]:
    """A published state under transformers' names, float32, without those that transformers never reads.

    Raises:
        WeightsError: naming the published keys that are missing or that nothing reads.
    """
    sources = {name: source(name) for name in own if not UNUSED.search(name)}
    wanted = {key for key, _ in sources.values()}
    missing = sorted(wanted - set(published))
    unexpected = sorted(key for key in set(published) - wanted if not PASSED_OVER.match(key))
    if missing or unexpected:
        faults = [
            f"{len(keys)} {what}: {', '.join(keys[:_SHOWN])}{', ...' if len(keys) > _SHOWN else ''}"
            for what, keys in (("missing", missing), ("unexpected", unexpected))
            if keys
        ]
        raise WeightsError(f"{where} is not a Grounding-DINO checkpoint as published: {'; '.join(faults)}")
    return {
        name: (published[key] if third is None else published[key].chunk(3)[third]).float()
        for name, (key, third) in sources.items()
    }


def config_of(published: Mapping[str, Tensor], text: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """Contents of transformers' config.json, sizes read off a checkpoint's shapes.

    Args:
        published: the checkpoint's tensors.
        text: config of the text encoder.
        where: the file, for the error.

    Raises:
        WeightsError: a tensor that tells a size is missing.
    """

    def shape(key: str) -> torch.Size:
        if key not in published:
            raise WeightsError(f"{where} is not a Grounding-DINO checkpoint as published: 1 missing: {key}")
        return published[key].shape

    def count(prefix: str) -> int:
        return len({key[len(prefix) :].split(".")[0] for key in published if key.startswith(prefix)})

    stages = range(count("backbone.0.layers."))
    embed, _, _, patch = shape("backbone.0.patch_embed.proj.weight")
    tables = [shape(f"backbone.0.layers.{stage}.blocks.0.attn.relative_position_bias_table") for stage in stages]
    levels, width = shape("transformer.level_embed")
    points = shape("transformer.encoder.layers.0.self_attn.attention_weights.weight")[0] // (HEADS * levels)
    return {
        "model_type": "grounding-dino",
        "backbone_config": {
            "model_type": "swin",
            "patch_size": patch,
            "embed_dim": embed,
            "depths": [count(f"backbone.0.layers.{stage}.blocks.") for stage in stages],
            "num_heads": [heads for _, heads in tables],
            "window_size": (math.isqrt(tables[0][0]) + 1) // 2,
            "mlp_ratio": shape("backbone.0.layers.0.blocks.0.mlp.fc1.weight")[0] / embed,
            "out_features": [f"stage{1 + stage}" for stage in stages if f"backbone.0.norm{stage}.weight" in published],
        },
        "text_config": dict(text),
        "d_model": width,
        "encoder_layers": count("transformer.encoder.layers."),
        "decoder_layers": count("transformer.decoder.layers."),
        "encoder_ffn_dim": shape("transformer.encoder.layers.0.linear1.weight")[0],
        "decoder_ffn_dim": shape("transformer.decoder.layers.0.linear1.weight")[0],
        "encoder_attention_heads": HEADS,
        "decoder_attention_heads": HEADS,
        "encoder_n_points": points,
        "decoder_n_points": points,
        "num_queries": shape("transformer.tgt_embed.weight")[0],
        "num_feature_levels": levels,
        "max_text_len": MAX_TEXT_TOKENS,
        "dropout": 0.0,
        KEY: PUBLISHED,
    }
