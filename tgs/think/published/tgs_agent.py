"""Phase 2 as TGS-Agent published it: `finetune_weights.bin`, `non_lora_trainables.bin`, and peft's adapter folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tgs.errors import WeightsError
from tgs.think.llm import add_lora, llm_sizes, load_tokenizer, random_llm
from tgs.think.published.adapter import read_adapter
from tgs.think.published.branch_names import MODULE, PASSED_OVER, in_our_shape, published_names
from tgs.think.published.embedding_rows import our_rows, released_rows
from tgs.think.published.mapped import Mapped, flat_state, map_names
from tgs.weight_files import read_checkpoint

REMEDY = "finetune_weights.bin and non_lora_trainables.bin are in the repository Jinxing1/TGS-Agent of the hub."

_LLM = "base_model.model."
"""Of all names of the released model within peft's."""
_TABLES = ("model.embed_tokens.weight", "lm_head.weight")
_LEFT_OUT = {
    "word embeddings and head of the language model, left out as asked": (
        r"base_model\.model\.(model\.embed_tokens|lm_head)\.weight"
    )
}


@dataclass(frozen=True)
class Phase2:
    """What the files of a released phase 2 hold together."""

    mapped: Mapped
    """By the names of `RefThinker`."""
    lora: dict[str, int]
    """`rank`, and `alpha` where an adapter_config.json says it."""
    replaced: dict[str, list[str]]
    """Keys that a later file has once more, by that file: the later one counts, as in the released inference."""


def read_tgs_agent(paths: Sequence[Path], llm: Path, *, tables: bool = True, allow_partial: bool = False) -> Phase2:
    """What phase 2 taught a thinker.

    Args:
        paths: files, and adapter folders. The released inference reads finetune_weights.bin (LoRA and branches of one
            epoch), then non_lora_trainables.bin (branches, word embeddings and head of the end).
        llm: folder of the language model; its config.json tells which LoRA there is, its tokenizer where rows belong.
        tables: whether to take word embeddings and head, which the released training learns and the article does not.
        allow_partial: whether keys may be missing or unexpected.
    Raises:
        WeightsError: a file is missing, damaged or of another kind; LoRA has another form than ours; the vocabulary is
            another one; or the files together are not whole and that is not allowed.
    Source:
        TGS-Agent 4e144c9, scripts/finetune/finetune_hyperlora.py, inference_hyper_lora.py, pretrain/trainer.py.
    """
    state, lora, replaced = _merged(paths)
    lora = _rank(state) | lora
    wanted = _wanted(state, llm, lora.get("rank", 1), tables=tables)
    mapped = map_names(state, wanted, PASSED_OVER | ({} if tables else _LEFT_OUT))
    mapped.require_whole(", ".join(map(str, paths)), allow_partial=allow_partial)
    mapped.state = {own: in_our_shape(own, value) for own, value in mapped.state.items()}
    rows_V = released_rows(load_tokenizer(llm))
    for own in (f"llm.{table}" for table in _TABLES):
        if own in mapped.state:
            mapped.state[own] = our_rows(mapped.state[own], rows_V, wanted[own])
    return Phase2(mapped, lora, replaced)


def _merged(paths: Sequence[Path]) -> tuple[dict[str, Tensor], dict[str, int], dict[str, list[str]]]:
    """All tensors, later files first; settings of the adapter; and what was replaced."""
    state: dict[str, Tensor] = {}
    lora: dict[str, int] = {}
    replaced: dict[str, list[str]] = {}
    for path in paths:
        if path.is_dir():
            more, lora = read_adapter(path)
        else:
            more = flat_state(read_checkpoint(path, REMEDY), path)
        if twice := sorted(set(state) & set(more)):
            replaced[str(path)] = twice
        state |= more
    return state, lora, replaced


def _rank(state: Mapping[str, Tensor]) -> dict[str, int]:
    ranks = {len(value) for key, value in state.items() if key.endswith(".lora_A.default.weight")}
    if len(ranks) > 1:
        raise WeightsError(f"LoRA of several ranks, {sorted(ranks)}: ours has one. Do the files belong together?")
    return {"rank": ranks.pop()} if ranks else {}


def _wanted(state: Mapping[str, Tensor], llm: Path, rank: int, *, tables: bool) -> dict[str, str]:
    """Published names by ours: both branches, LoRA, and the tables if one of them is there."""
    wanted: dict[str, str] = {}
    for name, module in MODULE.items():
        names = published_names(name, f"{_LLM}model.{module}.", state)
        wanted |= {f"branches.{name}.{own}": published for own, published in names.items()}
    with torch.device("meta"):
        add_lora(model := random_llm(llm_sizes(llm)), rank=rank)
    learnt = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    if tables and any(_LLM + table in state for table in _TABLES):
        learnt += _TABLES
    return wanted | {f"llm.{own}": _LLM + own for own in learnt}
