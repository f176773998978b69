"""The language model: a LLaMA or one built like it, its tokenizer, the thinker's special tokens, and LoRA."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from tgs.atomic import write_json
from tgs.errors import ConfigError, WeightsError
from tgs.think.tokens import SPECIAL_TOKENS
from tgs.weight_files import CONFIG_FILE, MODEL_FILE, fit, read_json, read_shapes, require, write_weights

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig, LlamaForCausalLM, PreTrainedTokenizerFast

LORA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Source: released `finetune_hyperlora.py`; all seven linear layers of a block."""

ATTENTIONS = ("eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention")
"""Ways of transformers to compute attention; the flash ones need a GPU and a package of their own."""

_REMEDY = (
    "Train the tiny one with `python -m tgs.train +experiment=zoo_llm`, or point thinker.llm.path at a folder in "
    "transformers' format; `python -m tgs.weights scale=paper` tells where the paper's comes from."
)
_NEW_TOKENS_SEED = 20_000


def random_llm(sizes: Mapping[str, Any], *, attention: str | None = None) -> LlamaForCausalLM:
    """A language model with random weights.

    Args:
        sizes: keywords of its configuration in transformers; `model_type` names the family (`llama` if left out).
        attention: see `load_llm`.
    Raises:
        ConfigError: see `check_family`; or the attention is not installed.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = dict(sizes)
    family = sizes.pop("model_type", "llama")
    check_attention(attention)
    try:
        config = AutoConfig.for_model(family, **sizes)
        llm = AutoModelForCausalLM.from_config(config, attn_implementation=attention)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"thinker.llm: {error}") from error
    return check_family(llm)


def load_llm(
    folder: Path, *, dtype: torch.dtype = torch.float32, attention: str | None = None, quantize: str | None = None
) -> LlamaForCausalLM:
    """A language model from a local folder in transformers' format (config.json and safetensors, sharded or not).

    Args:
        folder: its config.json names the family: Llama, Qwen2, Qwen3, Mistral, ...
        dtype: of the weights.
        attention: one of `ATTENTIONS`; None is transformers' own choice, sdpa.
        quantize: `4bit` (NF4 with double quantisation, as QLoRA has it; needs bitsandbytes), or None.
    Raises:
        ConfigError: attention or quantisation is unknown or not installed; or see `check_family`.
        WeightsError: a file is missing, or keys or shapes do not fit.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # a bar for every load would tear our own apart
    require(folder / CONFIG_FILE, _REMEDY)
    check_attention(attention)
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, output_loading_info=True, attn_implementation=attention,
            quantization_config=quantization(quantize, dtype),
        )  # fmt: skip
    except ImportError as error:
        raise ConfigError(f"thinker.llm.attention={attention}: {error}") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise WeightsError(f"{folder}: {error}. {_REMEDY}") from error
    llm, report = loaded
    if faults := {what: sorted(map(str, keys))[:4] for what, keys in report.items() if keys}:
        raise WeightsError(f"{folder}: the weights do not fit config.json: {faults}. {_REMEDY}")
    return check_family(llm)


def check_attention(kind: str | None) -> None:
    """Whether there is such a way to compute attention; None is transformers' own choice.

    Raises:
        ConfigError: there is not.
    """
    if kind is not None and kind not in ATTENTIONS:
        raise ConfigError(f"thinker.llm.attention={kind}: there are {', '.join(ATTENTIONS)}, and null for sdpa.")


def quantization(kind: str | None, dtype: torch.dtype) -> BitsAndBytesConfig | None:
    """Settings of transformers for a way to quantise; None for none.

    Raises:
        ConfigError: there is no such way, or bitsandbytes is not installed.
    Source:
        Dettmers et al., QLoRA, 2023: 4-bit NormalFloat, double quantisation, arithmetic in bfloat16 (here: `dtype`).
    """
    if kind is None:
        return None
    if kind != "4bit":
        raise ConfigError(f"thinker.llm.quantize={kind}: there is 4bit, and null for none.")
    if find_spec("bitsandbytes") is None:
        raise ConfigError("thinker.llm.quantize=4bit needs bitsandbytes: pip install bitsandbytes, or set null.")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def check_family(llm: Any) -> LlamaForCausalLM:
    """Whether a causal language model is built like LLaMA, in the parts that the thinker names.

    Raises:
        ConfigError: it has no `model`, no `lm_head`, or lacks a linear layer that LoRA stands beside.
    """
    lacking = [part for part in ("model", "lm_head") if not hasattr(llm, part)]
    named = {name.rpartition(".")[2] for name, _ in llm.named_modules()}
    lacking += [layer for layer in LORA_TARGETS if layer not in named]
    if lacking:
        raise ConfigError(
            f"thinker.llm: {type(llm).__name__} is not built like LLaMA: it has no {', '.join(lacking)}. "
            "Llama, Qwen2, Qwen3, Mistral and SmolLM are."
        )
    return llm


def llm_sizes(folder: Path) -> dict[str, Any]:
    """Keywords of the configuration, see `random_llm`. Errors as of `load_llm`."""
    return read_json(folder / CONFIG_FILE, _REMEDY)


def check_llm(folder: Path) -> None:
    """Whether `load_llm` would find all that it needs, told by the headers of the weight files: no weight is read.

    Raises:
        WeightsError: a file is missing or cut off, or names or shapes do not fit config.json.
    """
    with torch.device("meta"):
        llm = random_llm(llm_sizes(folder))
    shapes = {key: shape for file in _weight_files(folder) for key, shape in read_shapes(file, _REMEDY).items()}
    state = {
        key: torch.empty(shape, device="meta")
        for key, shape in shapes.items()
        if not key.endswith("rotary_emb.inv_freq")  # of old checkpoints; transformers passes over it, too
    }
    tied = {"lm_head.weight"} if llm.config.tie_word_embeddings else set()
    fit(llm, state, str(folder), needed=set(llm.state_dict()) - tied)


def _weight_files(folder: Path) -> list[Path]:
    """The one file of a language model's weights, or the shards that its index names."""
    index = folder / f"{MODEL_FILE}.index.json"
    if not index.is_file():
        return [folder / MODEL_FILE]
    return [folder / name for name in sorted(set(read_json(index, _REMEDY)["weight_map"].values()))]


def save_llm(llm: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path, *, dtype: torch.dtype) -> None:
    """Write what `load_llm` and `load_tokenizer` read; adapters that stand beside weights are left out."""
    write_weights(folder, plain_state(llm), dtype=dtype)
    write_json(folder / CONFIG_FILE, llm_config(llm, dtype), sort_keys=True)
    tokenizer.save_pretrained(str(folder))


def plain_state(llm: LlamaForCausalLM) -> dict[str, Tensor]:
    """Weights by their names in transformers, adapters beside them and a head tied to the embeddings left out."""
    state = {}
    for key, value in llm.state_dict().items():
        if ".lora_" not in key and ".trainable_tokens_" not in key:
            state[re.sub(r"(\.token_adapter)?\.base_layer\.", ".", key)] = value
    if llm.config.tie_word_embeddings:
        state.pop("lm_head.weight")
    return state


def llm_config(llm: LlamaForCausalLM, dtype: torch.dtype) -> dict[str, Any]:
    """What config.json says of a language model in `dtype`: family, class and sizes, and not where it was read from."""
    config = llm.config.to_dict() | {"dtype": str(dtype).removeprefix("torch."), "architectures": [type(llm).__name__]}
    config.pop("_name_or_path", None)
    return config


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a language model's folder (tokenizer.json, and tokenizer_config.json with its special tokens).

    Raises:
        WeightsError: tokenizer.json is missing, or there is no end of text. Qwen has no beginning: its rows have none.
    """
    from transformers import PreTrainedTokenizerFast

    require(folder / "tokenizer.json", _REMEDY)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    if tokenizer.eos_token_id is None:
        raise WeightsError(f"{folder}: tokenizer_config.json names no eos_token. {_REMEDY}")
    return tokenizer


def word_embeddings(llm: LlamaForCausalLM) -> nn.Embedding:
    """The table of word embeddings, (V, D)."""
    return cast(nn.Embedding, llm.get_input_embeddings())


def add_tokens(llm: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> int:
    """Add those of the special tokens that the tokenizer lacks, and make room for them in the model.

    The new embeddings are always the same numbers: a checkpoint that does not train them must find them again.

    Returns:
        How many tokens are new to the tokenizer; 0 for a language model that was trained with them.
    Source:
        Released `unified_arch.py`: special tokens, N(0, initializer_range), the same for the head.
    """
    from transformers import AddedToken

    added = tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL_TOKENS])
    old = word_embeddings(llm).num_embeddings
    if len(tokenizer) > old:
        llm.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        generator = torch.Generator().manual_seed(_NEW_TOKENS_SEED)
        tables = {id(table): table for table in (word_embeddings(llm).weight, llm.lm_head.weight)}  # one if tied
        for table in tables.values():
            new = torch.randn(table[old:].shape, generator=generator) * llm.config.initializer_range
            with torch.no_grad():
                table[old:] = new.to(table)
    return added


def add_lora(
    llm: LlamaForCausalLM, *, rank: int = 8, alpha: int = 16, dropout: float = 0.05, tokens: Sequence[int] = ()
) -> None:
    """Put LoRA beside the seven linear layers of every block, in place; everything else of the model is frozen.

    Only the language model is touched: encoders that have a `q_proj` of their own get none.

    Args:
        llm: gets the layers.
        rank, alpha, dropout: of LoRA.
        tokens: ids whose rows of the word embeddings and of the head learn, too; all other rows stay as they are.
    Source:
        Released `finetune_hyperlora.py`: r 8, alpha 16, dropout 0.05, no bias, before the encoders are attached.
    """
    from peft import LoraConfig, inject_adapter_in_model

    tables = ["embed_tokens"] if llm.config.tie_word_embeddings else ["embed_tokens", "lm_head"]
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=dropout, bias="none", target_modules=list(LORA_TARGETS),
        trainable_token_indices={table: list(tokens) for table in tables} if tokens else None,
    )  # fmt: skip
    inject_adapter_in_model(config, llm)
    for parameter in llm.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()  # beside bfloat16 weights too, where small steps would be lost


def merge_lora(llm: LlamaForCausalLM) -> None:
    """Add LoRA, and learnt rows of tokens, into the weights that they stand beside, in place. Not for training.

    Same answers, fewer steps per token.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    for module in llm.modules():
        if isinstance(module, BaseTunerLayer) and not module.merged:
            module.merge()
