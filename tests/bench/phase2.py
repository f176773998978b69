"""Phase-2 steps: our task in Lightning's Trainer against the released way in transformers' Trainer."""

from __future__ import annotations

import copy
import logging
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import lightning as L
import numpy as np
import torch
from claim import Claim
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor, nn
from torch.utils.data import DataLoader, SequentialSampler

from tgs.config.compose import CONF, register
from tgs.config.train import TrainConfig
from tgs.data.collate import as_list
from tgs.data.instruct import InstructExample
from tgs.lit.instruct import InstructTune
from tgs.lit.optim import Optim, configure
from tgs.lit.training import quiet
from tgs.think.assemble import IGNORED
from tgs.think.features import Features
from tgs.think.prompt import thought_prompt
from tgs.think.ref_thinker import RefThinker
from tgs.types import Clip, Reference, Split

STEPS, BATCH, CLIPS = 6, 8, 4
OPTIM = Optim(lr=1e-3)
THOUGHT = (
    '<think> the referential expression is " {} ". the video shows left dog, right cat{}. the audio contains dog loud '
    "from 0 to 10. so it is the left dog. </think> <answer> <f_object> a dog making a loud sound on the left "
    "</f_object> <s_object> dog </s_object>"
)


def claims(settings: list[str]) -> list[Claim]:
    """48 references of 4 clips of noise: a clip comes as often as in one and a half epochs of stickers.

    LoRA has no dropout, so that losses can be compared. `settings` may choose another thinker.
    """
    register(TrainConfig)
    with initialize_config_dir(CONF, version_base="1.3"):
        overrides = ["+experiment=phase2_lora", "thinker.llm.lora.dropout=0", *settings]
        thinker = instantiate(compose("train", overrides).thinker, _convert_="all")
    data = Noise()
    what = f"phase 2, {STEPS} steps of {BATCH} references"

    def ours() -> np.ndarray:
        return by_lightning(copy.deepcopy(thinker), data)

    def plain(known: dict[str, Features] | None) -> np.ndarray:
        return by_transformers(copy.deepcopy(thinker), data, known)

    encoding = "transformers' Trainer, encoders in every step"
    once = "transformers' Trainer, features encoded once"
    return [
        # At other scales the language model is nearly all of a step: there is nothing to be twice as fast in.
        Claim(what, encoding, lambda: plain(None), ours, 1e-3, at_least=None if settings else 2, rounds=3),
        Claim(what, once, lambda: plain({}), ours, tolerance=1e-3, at_least=1.5, rounds=3),
    ]


class Noise(L.LightningDataModule):
    """Clips of noise with references and thoughts of different lengths, in a fixed order."""

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(0)
        self.folders = [f"clip{n}" for n in range(CLIPS)]
        self.clip = {
            name: Clip(name, rng.integers(0, 256, (10, 90, 160, 3), np.uint8), rng.normal(0, 0.1, 160_000).astype("f4"))
            for name in self.folders
        }
        self.train_examples = [self.example(row) for row in range(STEPS * BATCH)]

    def example(self, row: int) -> InstructExample:
        """Texts whose lengths differ."""
        text = "the dog" + " on the left" * (row % 5)
        answer = THOUGHT.format(text, ", far-right drum" * (row * 7 % 9))
        folder = self.folders[row % CLIPS]
        return InstructExample(Reference(row, f"{folder}_dog_{row}", folder, Split.train, 0, "dog", text), answer)

    def clips(self, folders: Sequence[str]) -> list[Clip]:
        """Of these names."""
        return [self.clip[name] for name in folders]

    def content(self, folder: str) -> str:
        """No two are alike."""
        return folder

    def train_dataloader(self) -> DataLoader[InstructExample]:
        """In order."""
        return DataLoader(self.train_examples, batch_size=BATCH, collate_fn=as_list)  # type: ignore[arg-type]

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """There is nothing to move."""
        return batch


class Losses(L.Callback):
    """The loss of every step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, *_: Any) -> None:
        """Keep it."""
        self.seen.append(float(outputs["loss"]))


def by_lightning(thinker: RefThinker, data: Noise) -> np.ndarray:
    """Losses of our task; the clips are encoded in the time that is measured, once each."""
    losses = Losses()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    task = InstructTune(thinker=thinker, optim=OPTIM, learns=["lora_", "branches."], scale="tiny")
    with quiet(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You defined a `validation_step`")
        L.Trainer(
            accelerator="cpu", max_epochs=1, gradient_clip_val=1.0, callbacks=[losses], logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, limit_val_batches=0,
        ).fit(task, datamodule=data)  # fmt: skip
    return np.array(losses.seen)


@dataclass
class Plain:
    """The released assembly, our reference implementation of it: row by row, padded on the left, all logits.

    Source: TGS-Agent's `unified_arch.py` (prepare_multimodal_inputs) and `unified_llama.py`.
    """

    thinker: RefThinker
    clip: dict[str, Clip]
    known: dict[str, Features] | None
    "Features by clip, filled as clips come; None encodes anew every time."
    pad: Tensor = field(init=False)

    def __post_init__(self) -> None:
        """The padding's embedding."""
        self.pad = self.thinker.llm.get_input_embeddings().weight[self.thinker.tokenizer.eos_token_id]  # type: ignore[index,union-attr]

    def features(self, name: str) -> Features:
        """Of one clip."""
        if self.known is None:
            return self.thinker.encode([self.clip[name]])
        if name not in self.known:
            self.known[name] = self.thinker.encode([self.clip[name]])
        return self.known[name]

    def loss(self, examples: list[InstructExample]) -> Tensor:
        """Mean over the answers' tokens."""
        thinker, rows = self.thinker, []
        embed, vocabulary = thinker.llm.get_input_embeddings(), thinker.tokenizer.get_vocab()
        for example in examples:
            features = self.features(example.folder)
            tokens = {
                vocabulary["<video>"]: thinker.branches["video"](features.video_BNPD[0]).flatten(0, 1),
                vocabulary["<audio>"]: thinker.branches["audio"](features.audio_BNAD[0]).flatten(0, 1),
            }
            asked = [
                thinker.tokenizer.bos_token_id,
                *self.ids(thought_prompt(thinker.template, example.reference.text)),
            ]
            told = [*self.ids(example.answer), thinker.tokenizer.eos_token_id]
            pieces, labels = [], []
            for ids, learnt in ((asked, False), (told, True)):
                for token in ids:
                    piece = tokens.get(token)
                    piece = embed(torch.tensor([token])) if piece is None else piece
                    pieces.append(piece)
                    labels += [token if learnt else IGNORED] * len(piece)
            rows.append((torch.cat(pieces), labels))
        width = max(len(labels) for _, labels in rows)
        embeds, masks, targets = [], [], []
        for row_LD, labels in rows:
            gap = width - len(labels)
            embeds.append(torch.cat([self.pad.expand(gap, -1), row_LD]))
            masks.append([0] * gap + [1] * len(labels))
            targets.append([IGNORED] * gap + labels)
        mask_BL = torch.tensor(masks)
        return thinker.llm(
            inputs_embeds=torch.stack(embeds), attention_mask=mask_BL, labels=torch.tensor(targets),
            position_ids=(mask_BL.cumsum(1) - 1).clamp(min=0), use_cache=False,
        ).loss  # fmt: skip

    def ids(self, text: str) -> list[int]:
        """Of a text."""
        return self.thinker.tokenizer(text, add_special_tokens=False)["input_ids"]


class PlainModel(nn.Module):
    """What transformers' Trainer trains: rows of the data by number."""

    def __init__(self, plain: Plain, examples: list[InstructExample]) -> None:
        super().__init__()
        self.thinker, self.plain, self.examples = plain.thinker, plain, examples

    def forward(self, rows_B: Tensor) -> dict[str, Tensor]:
        """The loss."""
        return {"loss": self.plain.loss([self.examples[row] for row in rows_B.tolist()])}


def by_transformers(thinker: RefThinker, data: Noise, known: dict[str, Features] | None) -> np.ndarray:
    """Losses of transformers' Trainer with peft's LoRA in the same thinker, in the same order, with the same AdamW."""
    from transformers import PrinterCallback, Trainer, TrainingArguments

    class InOrder(Trainer):
        """Without shuffling."""

        def _get_train_sampler(self, *_: Any) -> SequentialSampler:
            return SequentialSampler(self.train_dataset)  # type: ignore[arg-type]

    model = PlainModel(Plain(thinker, data.clip, known), data.train_examples)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name or "branches." in name)
    planned: Any = configure([p for p in model.parameters() if p.requires_grad], OPTIM, STEPS)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*pin_memory.*")
        arguments = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=BATCH, num_train_epochs=1,
            max_grad_norm=1.0, logging_steps=1, report_to=[], save_strategy="no",
            use_cpu=True, disable_tqdm=True, remove_unused_columns=False, dataloader_pin_memory=False,
        )  # fmt: skip
        trainer = InOrder(
            model=model, args=arguments, train_dataset=list(range(len(data.train_examples))),
            data_collator=lambda rows: {"rows_B": torch.tensor(rows)},
            optimizers=(planned["optimizer"], planned["lr_scheduler"]["scheduler"]),
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return np.array([row["loss"] for row in trainer.state.log_history if "loss" in row])
