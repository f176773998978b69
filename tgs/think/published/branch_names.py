"""Names of a branch's weights in the released code.

Source: `VLProjector`, `ALProjector` (TGS-Agent 4e144c9, models/multimodal_encoder.py; the same in Crab), and BLIP-2's
Q-Former within them (models/Qformer.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch
from torch import Tensor

from tgs.think.projector import build_branch

MODULE = {"video": "vl_projector", "audio": "al_projector"}
"""Where the released model keeps a branch."""
_STEM = {"video": "visual", "audio": "audio"}
_RENAMED = {
    "qformer.queries_QD": "{stem}_query_tokens",
    "qformer.norm.": "{stem}_ln.",
    "qformer.model.layernorm.": "{stem}_Qformer.bert.embeddings.LayerNorm.",
    "qformer.model.encoder.": "{stem}_Qformer.bert.encoder.",
    "projector.": "{stem}_proj.",
}
"""What our names begin with, and theirs."""

_QFORMER = rf".*\b({'|'.join(MODULE.values())})\.({'|'.join(_STEM.values())})_Qformer\."
PASSED_OVER = {
    "tables of words and places for a question that is never asked": (
        _QFORMER + r"bert\.embeddings\.(word_embeddings\.weight|position_embeddings\.weight|position_ids)"
    ),
    "layers that only a question's words would go through": (
        _QFORMER + r"bert\.encoder\.layer\.\d+\.(intermediate|output)\.(dense|LayerNorm)\.(weight|bias)"
    ),
    "BERT's head for masked words": _QFORMER + r"cls\.predictions\..+",
}
"""Dead weight of a released branch: about half of it. All callers pass no question."""


def published_names(name: str, prefix: str, keys: Iterable[str]) -> dict[str, str]:
    """For every parameter of our `Branch`, what the released code calls it.

    Args:
        name: `video` or `audio`.
        prefix: of the published names, up to and with the branch's module and a dot.
        keys: published names, which tell by their numbers how many layers the Q-Former has.
    """
    layer = re.compile(re.escape(f"{prefix}{_STEM[name]}_Qformer.bert.encoder.layer.") + r"(\d+)\.")
    layers = 1 + max((int(found[1]) for found in map(layer.match, keys) if found), default=0)
    with torch.device("meta"):  # names only: sizes are told by the weights, and checked when a module takes them
        branch = build_branch(1, out=1, queries=1, width=1, layers=layers, heads=1, ffn=1)
    return {own: prefix + _published(own, _STEM[name]) for own in branch.state_dict()}


def _published(own: str, stem: str) -> str:
    ours, theirs = next(pair for pair in _RENAMED.items() if own.startswith(pair[0]))
    rest = own.removeprefix(ours).replace("attention.attention.", "attention.self.")
    return theirs.format(stem=stem) + rest


def in_our_shape(own: str, value: Tensor) -> Tensor:
    """The released queries have a batch axis of one, ours none."""
    return value.squeeze(0) if own.endswith("queries_QD") and value.ndim == 3 else value
