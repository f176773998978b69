"""How the tiny LLaMA learns the benchmark's language: to copy, to caption and to reason over a scene in its context.

A small transformer learns to copy in a sharp, late transition. Two things bring it forward: half of the heads start
as ones that look for what equals them and pass it on (mimetic initialisation), and word embeddings start large.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.nn import functional as F

from tgs.lit.optim import Optim, configure, hidden_matrices
from tgs.lit.zoo.llm_data import UNLEARNED, BagBatch, BagWriter, thinker_tokenizer
from tgs.lit.zoo.llm_text import Telling
from tgs.stickers.captions import audio_caption, video_caption
from tgs.think.llm import save_llm
from tgs.think.parse import parse_thought
from tgs.think.tokens import END_OF_THOUGHT
from tgs.types import NULL_CATEGORY

EMBEDDING_STD = 0.06
SLOT_NOISE = 0.1
"""Of the slots' standard deviation, in training."""
LONGEST_ANSWER = 200


class LanguagePretraining(L.LightningModule):
    """Trains `LlamaForCausalLM` with tied embeddings on texts with bags of words in place of what is seen and heard.

    Args:
        optim: optimiser settings; weight decay spares norms.
        width, layers, heads: sizes; the feed-forward width is 8/3 of `width`, rounded down to 16.
    """

    def __init__(self, *, optim: Optim, width: int = 128, layers: int = 4, heads: int = 4) -> None:
        from transformers import LlamaConfig, LlamaForCausalLM

        super().__init__()
        self.optim = optim
        self.tokenizer: Any = thinker_tokenizer()
        config = LlamaConfig(
            vocab_size=len(self.tokenizer),
            hidden_size=width,
            intermediate_size=width * 8 // 3 // 16 * 16,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=heads,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            pad_token_id=self.tokenizer.pad_token_id,
            bos_token_id=self.tokenizer.bos_token_id,
            eos_token_id=self.tokenizer.eos_token_id,
        )
        self.llm: Any = LlamaForCausalLM(config)
        start_copying(self.llm)
        self._answers: list[tuple[Telling, str]] = []
        self._losses: list[Tensor] = []

    def embed(self, batch: BagBatch, *, noisy: bool) -> Tensor:
        """Input embeddings (B, L, D): a slot is the sum of its words, as long as one word is."""
        table = self.llm.get_input_embeddings()
        count_BL1 = batch.count_BL[..., None]
        x_BLKD = table(batch.words_BLK) * (batch.words_BLK != 0)[..., None]
        x_BLD = x_BLKD.sum(2) / count_BL1.clamp(min=1).sqrt()
        if noisy:
            source = torch.Generator(x_BLD.device).manual_seed(batch.seed)
            noise = torch.randn(x_BLD.shape, generator=source, device=x_BLD.device)
            x_BLD = x_BLD + noise * (count_BL1 > 1) * (SLOT_NOISE * table.weight.detach().std())
        return x_BLD

    def loss(self, batch: BagBatch, *, noisy: bool) -> Tensor:
        """Mean cross entropy over the learned tokens; logits are computed at those alone."""
        # No mask: padding is on the right, where causal attention never looks, and torch is faster without one.
        hidden_BLD = self.llm.model(inputs_embeds=self.embed(batch, noisy=noisy), use_cache=False).last_hidden_state
        targets_BL = batch.labels_BL[:, 1:]
        learned_BL = targets_BL != UNLEARNED
        return F.cross_entropy(self.llm.lm_head(hidden_BLD[:, :-1][learned_BL]), targets_BL[learned_BL])

    def training_step(self, batch: BagBatch, batch_idx: int) -> Tensor:
        """Next-token loss of one task's batch."""
        loss = self.loss(batch, noisy=True)
        self.log("train/loss", loss, prog_bar=True, batch_size=len(batch.labels_BL))
        self.log(f"train/{batch.tellings[0].task}", loss, batch_size=len(batch.labels_BL))
        return loss

    def validation_step(self, batch: BagBatch, batch_idx: int) -> None:
        """Loss and generated chains on perfect bags."""
        self._losses.append(self.loss(batch, noisy=False))
        self._answers += zip(batch.tellings, self.answer(batch.tellings), strict=True)

    def answer(self, tellings: tuple[Telling, ...]) -> list[str]:
        """Greedy answers from perfect bags; the slots' order depends on the row alone."""
        batch = BagWriter(self.tokenizer).batch(tellings, np.random.default_rng(0), noisy=False, answered=False)
        batch = batch.to(self.device)
        ends = [self.tokenizer.eos_token_id, self.tokenizer.convert_tokens_to_ids(END_OF_THOUGHT)]
        with torch.no_grad():
            said_BL = self.llm.generate(
                inputs_embeds=self.embed(batch, noisy=False),
                attention_mask=batch.valid_BL.long(),
                max_new_tokens=LONGEST_ANSWER,
                do_sample=False,
                eos_token_id=ends,
                pad_token_id=self.tokenizer.pad_token_id,
            )
        pad = self.tokenizer.pad_token
        return [text.replace(pad, "").strip() for text in self.tokenizer.batch_decode(said_BL)]

    def on_validation_epoch_end(self) -> None:
        """Logs perplexity, exact captions, and s_object by kind of reference."""
        scores = {"perplexity": float(torch.stack(self._losses).mean().exp()), **score_chains(self._answers)}
        self._losses.clear()
        self._answers.clear()
        self.log_dict({f"val/{name}": value for name, value in scores.items()})

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Muon for hidden matrices; vectors (the norms' gains) are not decayed."""
        matrices = [p for p in self.parameters() if p.ndim > 1]
        gains = [p for p in self.parameters() if p.ndim <= 1]
        groups = [{"params": matrices}, {"params": gains, "weight_decay": 0.0}]
        steps = int(self.trainer.estimated_stepping_batches)
        return configure(groups, self.optim, steps, hidden_matrices(self))

    def export(self, folder: Path) -> None:
        """Write weights in fp16, config and tokenizer as `load_llm` and `load_tokenizer` read them."""
        save_llm(self.llm, self.tokenizer, folder, dtype=torch.float16)


def start_copying(llm: Any) -> None:
    """Mimetic initialisation, in place: half of every layer's heads start as copying heads.

    In them W_k = W_q, so that a position attends to what equals it, and W_o ~ W_v^T, so that what it finds is
    written back as it was. Word embeddings get a standard deviation of `EMBEDDING_STD`.

    Source:
        Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers", 2305.09828; simplified.
    """
    with torch.no_grad():
        nn.init.normal_(llm.get_input_embeddings().weight, std=EMBEDDING_STD)
        for layer in llm.model.layers:
            attention = layer.self_attn
            query, key = attention.q_proj.weight, attention.k_proj.weight
            value, out = attention.v_proj.weight, attention.o_proj.weight
            half, width = query.shape[0] // 2, query.shape[1]
            nn.init.normal_(query[:half], std=width**-0.5)
            key[:half] = query[:half]
            value[:half] = torch.linalg.qr(torch.randn(width, width))[0][:half]
            out[:, :half] = value[:half].T * EMBEDDING_STD


def score_chains(answers: list[tuple[Telling, str]]) -> dict[str, float]:
    """Fractions of generated chains that are right.

    Returns:
        `s_object` (all) and `s_object_{kind}`; `fine` (f_object exact); `video_caption` and `audio_caption` (the exact
        caption occurs); `quote` (the reference is quoted exactly); `false_null` (null said of somebody who is there).
    """
    marks: dict[str, list[bool]] = defaultdict(list)
    for telling, text in answers:
        said, truth = parse_thought(text, finished=True), parse_thought(telling.answer, finished=True)
        plain, expression = _plain(text), telling.expression
        right = said.simple == truth.simple
        marks["s_object"].append(right)
        marks["fine"].append(said.fine == truth.fine)
        marks["video_caption"].append(_plain(video_caption(telling.seen)) in plain)
        marks["audio_caption"].append(_plain(audio_caption(telling.heard)) in plain)
        if expression is not None:
            marks[f"s_object_{expression.kind}"].append(right)
            quote = expression.text.lower().removesuffix(".")
            marks["quote"].append(_plain(f'"{quote}".') in plain)
        if not truth.is_null:
            marks["false_null"].append(said.simple == NULL_CATEGORY)
    return {name: sum(values) / len(values) for name, values in sorted(marks.items())}


def _plain(text: str) -> str:
    """Without blanks: the tokenizer does not keep them."""
    return "".join(text.split())
