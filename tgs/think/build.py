"""A Ref-Thinker from settings: the same code for every scale, and no random weights unless they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tgs.errors import ConfigError
from tgs.think.checkpoints import load_trained
from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.beats_weights import load_beats
from tgs.think.encoders.clip import RELEASED_LAYER, ClipEncoder, load_clip
from tgs.think.llm import add_lora, add_tokens, load_llm, load_tokenizer, random_llm, word_embeddings
from tgs.think.projector import Branch, build_branch, embedding_std
from tgs.think.prompt import Template
from tgs.think.ref_thinker import RefThinker
from tgs.think.tokens import SPECIAL_TOKENS
from tgs.think.vllm_engine import check_vllm, start_vllm
from tgs.types import Padding, Reading, Wording

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

PHASE1_FOLDER = {"video": "phase1_visual", "audio": "phase1_audio"}


class Start(StrEnum):
    """What the branches hold before a checkpoint is read."""

    random = "random"
    phase1 = "phase1"


class EngineName(StrEnum):
    """What continues the language model's prompts."""

    torch = "torch"  # `tgs.think.generate.greedy`
    vllm = "vllm"  # `tgs.think.vllm_engine`: answers only


def build_ref_thinker(
    *,
    vision: Mapping[str, Any],
    audio: Mapping[str, Any],
    qformer: Mapping[str, Any],
    llm: Mapping[str, Any],
    template: str,
    max_new_tokens: int,
    weights: Path | str,
    branches: str = Start.phase1,
    checkpoint: Path | str | None = None,
    batch_rows: int = 32,
    wording: str = Wording.train,
    padding: str = Padding.masked,
    reading: str = Reading.strict,
    chat: bool = False,
    engine: str = EngineName.torch,
    vllm: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> RefThinker:
    """Build a thinker, load its parts, and say what may learn: branches, and LoRA where the settings have it.

    Args:
        vision: `path` (below `weights`, or absolute) or `random` (keywords of `CLIPVisionConfig`); `layer`.
        audio: `path` (a folder, or a published .pt) or `random` (fields of `BeatsConfig`).
        qformer: keywords of `QFormer`, but `queries: {video: Q, audio: Q}`; `match_embeddings`: whether the
            projector's outputs start as large as word embeddings (see `Projector`).
        llm: `path` or `random` (see `random_llm`; with `tokenizer`: a folder); `dtype`, `attention`, `quantize`: see
            `load_llm`; `lora`: keywords of `add_lora`, or None, and `new_tokens`: whether the special tokens'
            embeddings are to learn beside it; `gradient_checkpointing`; `compile`: by torch.compile.
        template: see `Template`.
        max_new_tokens, batch_rows, wording, padding, reading, chat: see `RefThinker`.
        weights: folder of the parts: vision/, audio/, llm/, phase1_visual/, phase1_audio/.
        branches: `random`, or `phase1`: from the folders of the same names below `weights`.
        checkpoint: folder of a phase-2 run, read last; it must hold LoRA, and the branches if they start random.
        engine: see `EngineName`; it is given the language model last, with all that the checkpoint brings.
        vllm: for the engine of that name: `folder`, see `keep_merged`, and any keywords of vllm.LLM.
        seed: of the random parts; the caller's random state is left alone.
    Raises:
        ConfigError: an unknown setting, or both or neither of `path` and `random`; or see `check_vllm`.
        WeightsError: a file is missing, damaged, or of another scale.
    """
    weights = Path(weights)
    if unknown := sorted(
        set(qformer) - {"queries", "match_embeddings", "width", "layers", "heads", "ffn", "dropout", "init_std"}
    ):
        raise ConfigError(f"thinker.qformer: unknown settings {unknown}")
    if EngineName(engine) is EngineName.vllm:
        check_vllm(vllm or {}, llm, padding)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        eye, ear = _vision(dict(vision), weights), _audio(dict(audio), weights)
        model, tokenizer = _llm(dict(llm), weights)
        sizes = {k: v for k, v in qformer.items() if k not in ("queries", "match_embeddings")}
        std = embedding_std(word_embeddings(model)) if qformer["match_embeddings"] else None
        out = model.config.hidden_size
        parts = {
            name: build_branch(features, out=out, out_std=std, queries=int(qformer["queries"][name]), **sizes)
            for name, features in (("video", eye.width), ("audio", ear.width))
        }
    if Start(branches) is Start.phase1:
        for name, branch in parts.items():
            load_phase1(branch, weights, name)
    thinker = RefThinker(
        vision=eye,
        audio=ear,
        branches=parts,
        llm=model,
        tokenizer=tokenizer,
        template=Template(template),
        max_new_tokens=max_new_tokens,
        batch_rows=batch_rows,
        wording=wording,
        padding=padding,
        reading=reading,
        chat=chat,
    )
    if checkpoint is not None:
        learnt = {name for name, parameter in thinker.named_parameters() if parameter.requires_grad}
        if Start(branches) is Start.phase1:
            learnt = {name for name in learnt if not name.startswith("branches.")}
        manifest = load_trained(thinker, Path(checkpoint), needed=learnt, remedy=remedy("phase2_lora"))
        _check_lora(manifest.get("lora", {}), llm.get("lora") or {}, Path(checkpoint))
    if EngineName(engine) is EngineName.vllm:
        thinker.engine = start_vllm(thinker.llm, tokenizer, **(vllm or {}))
    return thinker


def _check_lora(made_with: Mapping[str, int], settings: Mapping[str, Any], checkpoint: Path) -> None:
    """Alpha leaves no trace in the weights: where a manifest names it, the settings must be the same."""
    if other := {key: value for key, value in made_with.items() if settings.get(key) not in (None, value)}:
        raise ConfigError(
            f"{checkpoint} was trained with LoRA's {other}; set "
            + " ".join(f"thinker.llm.lora.{key}={value}" for key, value in other.items())
        )


def load_phase1(branch: Branch, weights: Path, name: str) -> None:
    """Read what phase 1 taught the `video` or `audio` branch.

    Raises:
        WeightsError: see `load_trained`.
    """
    folder = PHASE1_FOLDER[name]
    load_trained(branch, weights / folder, remedy=remedy(folder))


def remedy(experiment: str) -> str:
    """How to get the export of a run that is not there."""
    return f"Train it with `python -m tgs.train +experiment={experiment}`, or copy its export there."


def _source(settings: dict[str, Any], what: str) -> tuple[Any, Any]:
    """Take `path` and `random` out of the settings; exactly one of them must be there."""
    path, random = settings.pop("path", None), settings.pop("random", None)
    if (path is None) == (random is None):
        raise ConfigError(f"thinker.{what}: set exactly one of `path` and `random`; got path={path}, random={random}")
    return path, random


def _done(settings: dict[str, Any], what: str) -> None:
    if settings:
        raise ConfigError(f"thinker.{what}: unknown settings {sorted(settings)}")


def _vision(settings: dict[str, Any], weights: Path) -> ClipEncoder:
    path, random = _source(settings, "vision")
    layer = int(settings.pop("layer", RELEASED_LAYER))
    _done(settings, "vision")
    return ClipEncoder(random, layer=layer).eval() if path is None else load_clip(weights / path, layer=layer)


def _audio(settings: dict[str, Any], weights: Path) -> Beats:
    path, random = _source(settings, "audio")
    _done(settings, "audio")
    return Beats(BeatsConfig(**random)).eval() if path is None else load_beats(weights / path)


def _llm(settings: dict[str, Any], weights: Path) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    path, random = _source(settings, "llm")
    dtype = getattr(torch, settings.pop("dtype", "float32"))
    given, checkpointing = settings.pop("lora", None), settings.pop("gradient_checkpointing", False)
    attention, quantize = settings.pop("attention", None), settings.pop("quantize", None)
    compiled, tokenizer_path = settings.pop("compile", False), settings.pop("tokenizer", path)
    _done(settings, "llm")
    if tokenizer_path is None:
        raise ConfigError("thinker.llm: random weights need `tokenizer`, a folder with tokenizer.json")
    if path is not None:
        model = load_llm(weights / path, dtype=dtype, attention=attention, quantize=quantize)
    elif quantize is None:
        model = random_llm(random, attention=attention).to(dtype)
    else:
        raise ConfigError(f"thinker.llm.quantize={quantize} is for trained weights: set path, not random")
    tokenizer = load_tokenizer(weights / tokenizer_path)
    add_tokens(model, tokenizer)
    model.requires_grad_(False)
    if given is not None:
        lora = dict(given)
        new_tokens = lora.pop("new_tokens", False)
        tokens = [tokenizer.get_vocab()[token] for token in SPECIAL_TOKENS] if new_tokens else []
        add_lora(model, **lora, tokens=tokens)
    if checkpointing:
        model.activation_checkpointing_enable()
    if compiled:
        model.model.compile(dynamic=True)  # rows differ in length; the names of the weights stay
    return model, tokenizer
