"""vLLM in place of our own decoding: torch sees, hears and embeds the prompts, vLLM continues them."""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from tgs.atomic import whole_folder
from tgs.digest import digest_bytes, digest_value
from tgs.errors import ConfigError
from tgs.think.generate import Generated
from tgs.think.llm import llm_config, merge_lora, plain_state, save_llm, word_embeddings
from tgs.types import Padding

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


def check_vllm(options: Mapping[str, Any], llm: Mapping[str, Any], padding: str) -> None:
    """Whether vLLM is there and can answer as the settings ask; told before any weight is read.

    Args:
        options: of `start_vllm`.
        llm: settings of the language model, see `build_ref_thinker`.
        padding: see `RefThinker`.
    Raises:
        ConfigError: it cannot.
    """
    if find_spec("vllm") is None:
        raise ConfigError(
            "thinker.engine=vllm needs vLLM: pip install vllm, in an environment of its own, for it brings its own "
            "torch; or choose thinker.engine=torch"
        )
    if not options.get("folder"):
        raise ConfigError("thinker.engine=vllm needs thinker.vllm.folder, where merged language models are kept")
    if padding != Padding.masked:
        raise ConfigError("asking.padding=unmasked is torch's: vLLM pads no row; choose thinker.engine=torch")
    for key in ("quantize", "attention", "compile"):
        if value := llm.get(key):
            raise ConfigError(
                f"thinker.llm.{key}={value} is torch's, and thinker.engine=vllm would pass over it: leave it out, or "
                "choose thinker.engine=torch"
            )


def start_vllm(
    llm: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, *, folder: Path | str, **options: Any
) -> VllmEngine:
    """Hand a language model over to vLLM.

    Args:
        llm: with all that it has learnt. Its adapters are merged; only its word embeddings stay with torch.
        tokenizer: see `keep_merged`.
        folder: see `keep_merged`.
        options: keywords of vllm.LLM, such as gpu_memory_utilization, tensor_parallel_size, max_model_len.
    Raises:
        ConfigError: vLLM does not start.
    Source:
        vLLM 0.32, `vllm.LLM`, `vllm.inputs.EmbedsPrompt`, `vllm.SamplingParams`.
    """
    merged = keep_merged(llm, tokenizer, Path(folder))
    del llm.model.layers, llm.lm_head  # vLLM has its own; both would not fit a GPU
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")  # its start fills pages; INFO shows them
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")  # it would tell its makers about this machine
    gc.collect()  # an earlier row of a sweep may still hold its vLLM, and with it the GPU
    vllm: Any = import_module("vllm")
    try:
        return VllmEngine(
            vllm.LLM(
                model=str(merged),
                dtype=str(word_embeddings(llm).weight.dtype).removeprefix("torch."),
                enable_prompt_embeds=True,
                skip_tokenizer_init=True,
                generation_config="vllm",  # no file's ends of text beside ours
                **options,
            ),
            vllm.SamplingParams,
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f"thinker.engine=vllm does not start with thinker.vllm={options}: {error}") from error


def keep_merged(llm: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Path:
    """Merge a language model's adapters, and keep it in transformers' format for whoever loads it, made once.

    Args:
        llm: merged in place; special tokens in its embeddings.
        tokenizer: written beside it.
        folder: holds a folder for each language model, named by the digest of its weights, config and tokenizer. None
            is ever half written, and each may be deleted: it is made anew.
    Returns:
        The folder of this one.
    """
    merge_lora(llm)
    dtype = word_embeddings(llm).weight.dtype
    weights = {key: digest_bytes(_bytes(value)) for key, value in plain_state(llm).items()}
    words = tokenizer.backend_tokenizer.to_str()
    merged = folder / digest_value([weights, llm_config(llm, dtype), words])
    if not merged.is_dir():
        with whole_folder(merged) as partial:
            save_llm(llm, tokenizer, partial, dtype=dtype)
    return merged


def _bytes(value: Tensor) -> Any:
    return value.detach().cpu().contiguous().view(torch.uint8).numpy()


class VllmEngine:
    """`tgs.think.generate.greedy` by vLLM.

    Prefixes that rows share are read once, by vLLM's own cache of what prompts begin with.

    Args:
        llm: a vllm.LLM.
        sampling: vllm.SamplingParams.
    """

    def __init__(self, llm: Any, sampling: Any) -> None:
        self._llm, self._sampling = llm, sampling

    @torch.no_grad()
    def __call__(
        self,
        llm: LlamaForCausalLM,
        prefixes_CLD: Tensor,
        prefix_of: Sequence[int],
        suffixes: Sequence[Sequence[int]],
        *,
        stop_ids: Collection[int],
        pad_id: int,
        max_new_tokens: int,
        padding: Padding = Padding.masked,
    ) -> list[Generated]:
        """See `greedy`. Of `llm` only the word embeddings are used; no row is padded.

        Raises:
            ConfigError: a prompt and its answer could be longer than vLLM was started for.
        """
        table = word_embeddings(llm)
        prompts = []
        for prefix, suffix in zip(prefix_of, suffixes, strict=True):
            words_LD = table(torch.tensor(list(suffix), device=table.weight.device))
            # vLLM computes in the dtype of its weights, whatever arithmetic the branches ran in.
            prompts.append({"prompt_embeds": torch.cat([prefixes_CLD[prefix].to(words_LD), words_LD]).cpu()})
        longest, room = max(len(one["prompt_embeds"]) for one in prompts), self._llm.model_config.max_model_len
        if longest + max_new_tokens > room:
            raise ConfigError(
                f"a prompt of {longest} tokens and {max_new_tokens} new ones are more than vLLM has room for, {room}: "
                "lower thinker.max_new_tokens, or raise thinker.vllm.max_model_len if the language model allows it"
            )
        how = self._sampling(
            temperature=0.0, max_tokens=max_new_tokens, stop_token_ids=sorted(stop_ids), ignore_eos=True, logprobs=0,
            detokenize=False,
        )  # fmt: skip
        return [_generated(row.outputs[0]) for row in self._llm.generate(prompts, how, use_tqdm=False)]


def _generated(output: Any) -> Generated:
    ids = list(output.token_ids)
    likely = [math.exp(at[token].logprob) for token, at in zip(ids, output.logprobs, strict=True)]
    return Generated(ids, output.finish_reason == "stop", likely)
