"""Ref-Thinker: a language model that sees and hears, reasons about a reference, and names what it means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tgs.errors import ConfigError, DataError
from tgs.think.assemble import IGNORED, expand, fill, pad_rows, positions, shared_prefix
from tgs.think.doubt import doubt
from tgs.think.encoders.beats import Beats
from tgs.think.encoders.clip import ClipEncoder
from tgs.think.encoders.encode import encode_clips
from tgs.think.features import Features
from tgs.think.generate import Engine, Generated, answering, greedy
from tgs.think.llm import word_embeddings
from tgs.think.parse import parse_thought
from tgs.think.projector import Branch
from tgs.think.prompt import Template, caption_prompt, thought_prompt
from tgs.think.tokens import BRANCH_OF, END_OF_THOUGHT, Modality
from tgs.types import Clip, Padding, Reading, Thought, Wording

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


class RefThinker(nn.Module):
    """Two frozen encoders, two branches, one language model. Satisfies `tgs.think.base.Thinker`.

    Args:
        vision, audio: frozen encoders; they stay in eval mode whatever `train()` is told.
        branches: a `Branch` for each of `video` and `audio`.
        llm: with embeddings for every id of the tokenizer.
        tokenizer: holds all special tokens (`tgs.think.llm.add_tokens`).
        template: form of the prompts.
        max_new_tokens: limit of a thought. The released 256 cuts long chains off.
        batch_rows: at most so many references are answered at once.
        wording: of the question in `think`; training always has its own.
        padding: what the rows of a batch see of it while they are answered.
        reading: how a thought is parsed.
        chat: whether prompts stand in the tokenizer's own chat template, as one message of its user.
    Attributes:
        engine: continues the prompts. With another one than `greedy` the thinker only answers.
    Raises:
        ConfigError: the tokenizer lacks a special token, or the chat template that it is to use; or `chat` is to
            stand around prompts of the `released` form, those of captions being in Llama-2's chat form already.
    """

    def __init__(
        self,
        *,
        vision: ClipEncoder,
        audio: Beats,
        branches: Mapping[str, Branch],
        llm: LlamaForCausalLM,
        tokenizer: PreTrainedTokenizerFast,
        template: Template,
        max_new_tokens: int = 256,
        batch_rows: int = 32,
        wording: Wording | str = Wording.train,
        padding: Padding | str = Padding.masked,
        reading: Reading | str = Reading.strict,
        chat: bool = False,
    ) -> None:
        super().__init__()
        self.engine: Engine = greedy
        self.vision, self.audio, self.llm = vision, audio, llm
        self.branches = nn.ModuleDict({name: branches[name] for name in ("video", "audio")})
        self.tokenizer, self.template = tokenizer, Template(template)
        self.max_new_tokens, self.batch_rows = max_new_tokens, batch_rows
        self.wording, self.padding, self.reading = Wording(wording), Padding(padding), Reading(reading)
        known = tokenizer.get_vocab()
        if lacking := [token for token in (*BRANCH_OF, END_OF_THOUGHT) if token not in known]:
            raise ConfigError(f"the tokenizer lacks {' '.join(lacking)}: call tgs.think.llm.add_tokens first")
        self._placeholders = {
            name: [known[token] for token, branch in BRANCH_OF.items() if branch == name] for name in self.branches
        }
        self._end_of_thought, self._eos = known[END_OF_THOUGHT], int(tokenizer.eos_token_id)  # type: ignore[arg-type]
        if chat and not tokenizer.chat_template:
            raise ConfigError("thinker.chat=true, but the tokenizer has no chat template: set thinker.chat=false")
        if chat and self.template is Template.released:
            raise ConfigError("thinker.chat=true would put a chat form around Llama-2's: set thinker.template=brief")
        self.chat = chat
        bos = tokenizer.bos_token_id
        # Qwen has none; a chat template brings its own.
        self._bos = [] if bos is None or chat else [int(bos)]  # type: ignore[arg-type]
        self._pad = int(tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self._eos)  # type: ignore[arg-type]
        self.vision.requires_grad_(False)
        self.audio.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> RefThinker:
        """Switch branches and language model; the frozen encoders stay in eval mode (no dropout)."""
        super().train(mode)
        self.vision.eval()
        self.audio.eval()
        return self

    # --- seeing and hearing

    def encode(self, clips: Sequence[Clip]) -> Features:
        """What the frozen encoders make of some clips, see `encode_clips`."""
        return encode_clips(self.vision, self.audio, clips)

    # --- learning

    def loss(self, features: Features | Sequence[Features], prompts: Sequence[str], answers: Sequence[str]) -> Tensor:
        """Mean cross-entropy of the answers' tokens (their end included), given clips and prompts.

        Args:
            features: of one clip per row; a sequence of single clips may differ in length. What a prompt has no
                placeholder for is not read.
            prompts: from `thought_prompt` or `caption_prompt`.
            answers: what is to be generated, without the end-of-text token.
        Returns:
            A scalar, float32. All answer tokens of the batch weigh the same.
        Raises:
            DataError: rows do not match, an answer is blank, or a prompt asks for a modality that is not there.
            ConfigError: the language model is another engine's, which only answers.
        """
        if self.engine is not greedy:
            raise ConfigError("thinker.engine=vllm only answers: train with thinker.engine=torch")
        clips = [features[[i]] for i in range(len(features))] if isinstance(features, Features) else list(features)
        if not len(clips) == len(prompts) == len(answers) or not all(map(str.strip, answers)):
            counts = f"{len(clips)} clips, {len(prompts)} prompts, {len(answers)} answers"
            raise DataError(f"loss needs one clip, prompt and non-blank answer per row; got {counts}")
        asked = self._expanded(self._ids(prompts), clips)
        told = self._answers(answers)
        embeddings = word_embeddings(self.llm)
        rows = pad_rows(asked, told, pad_id=self._pad, side="right", device=embeddings.weight.device)
        embeds_BLD = self._filled(embeddings(rows.ids_BL), rows.ids_BL, clips)
        places_BL = positions(rows.mask_BL)
        hidden_BLD = self.llm.model(
            inputs_embeds=embeds_BLD, attention_mask=rows.mask_BL, position_ids=places_BL, use_cache=False
        ).last_hidden_state
        # The head is the widest layer of all: it only runs where a label stands.
        told_BL = rows.labels_BL[:, 1:] != IGNORED
        return F.cross_entropy(self.llm.lm_head(hidden_BLD[:, :-1][told_BL]).float(), rows.labels_BL[:, 1:][told_BL])

    def told(self, answers: Sequence[str]) -> int:
        """How many tokens `loss` learns from these answers."""
        return sum(map(len, self._answers(answers)))

    # --- answering

    def think(self, clip: Clip | Features, texts: Sequence[str]) -> list[Thought]:
        """Reason about several references of one clip, or of its features."""
        features = clip if isinstance(clip, Features) else self.encode([clip])
        return self.think_each(features, [texts])[0]

    def think_features(self, features: Sequence[Features], texts: Sequence[Sequence[str]]) -> list[list[Thought]]:
        """See `tgs.think.base.Thinker`. Clips whose features have one shape are answered together."""
        thoughts: list[list[Thought]] = [[] for _ in features]
        for alike in by_shape(features):
            together = Features.cat([features[clip] for clip in alike])
            for clip, own in zip(alike, self.think_each(together, [texts[clip] for clip in alike]), strict=True):
                thoughts[clip] = own
        return thoughts

    def think_each(self, features: Features, texts: Sequence[Sequence[str]]) -> list[list[Thought]]:
        """Reason about several references of each of several clips.

        Args:
            features: of the clips.
            texts: the references of each clip.
        Returns:
            For each clip, one thought per reference.
        """
        clip_of = [clip for clip, own in enumerate(texts) for _ in own]
        prompts = [thought_prompt(self.template, text, self.wording) for own in texts for text in own]
        stop_ids = {self._end_of_thought, self._eos}
        rows = self._continue(features, clip_of, prompts, stop_ids=stop_ids, max_new_tokens=self.max_new_tokens)
        thoughts = iter([self._thought(row) for row in rows])
        return [[next(thoughts) for _ in own] for own in texts]

    def caption(
        self, features: Features, modality: Modality, questions: Sequence[str], *, max_new_tokens: int = 128
    ) -> list[str]:
        """Describe each clip, as asked in phase 1.

        Args:
            features: of the clips.
            modality: what is described.
            questions: one per clip; blank ones are allowed where `caption_prompt` allows them.
            max_new_tokens: a caption is cut off here.
        """
        prompts = [caption_prompt(self.template, modality, question) for question in questions]
        clip_of = range(len(prompts))
        rows = self._continue(features, clip_of, prompts, stop_ids={self._eos}, max_new_tokens=max_new_tokens)
        return [self._text(row) for row in rows]

    @torch.no_grad()
    def _continue(
        self,
        features: Features,
        clip_of: Sequence[int],
        prompts: Sequence[str],
        *,
        stop_ids: Collection[int],
        max_new_tokens: int,
    ) -> list[Generated]:
        done: list[Generated] = []
        with answering(self):
            for start in range(0, len(prompts), self.batch_rows):
                part = slice(start, start + self.batch_rows)
                used = sorted(set(clip_of[part]))
                prefixes_CLD, suffixes = self._prefixes(features[used], prompts[part])
                done += self.engine(
                    self.llm,
                    prefixes_CLD,
                    [used.index(clip) for clip in clip_of[part]],
                    suffixes,
                    stop_ids=stop_ids,
                    pad_id=self._pad,
                    max_new_tokens=max_new_tokens,
                    padding=self.padding,
                )
        return done

    def _prefixes(self, features: Features, prompts: Sequence[str]) -> tuple[Tensor, list[list[int]]]:
        """Embeddings (C, L, D) of what all prompts begin with, once per clip, and each prompt's ids after it."""
        clips = [features[[i]] for i in range(len(features))]
        # All clips of a batch have one shape, so that any of them tells how long the placeholders become.
        rows = self._expanded(self._ids(prompts), [clips[0]] * len(prompts))
        n = shared_prefix(rows)
        if any(token in ids for row in rows for token in row[n:] for ids in self._placeholders.values()):
            raise ConfigError("prompts of one batch must begin alike, up to the last placeholder: ask them one by one")
        embeddings = word_embeddings(self.llm)
        ids_CL = torch.tensor(rows[0][:n], device=embeddings.weight.device).expand(len(clips), -1)
        return self._filled(embeddings(ids_CL), ids_CL, clips), [row[n:] for row in rows]

    # --- tokens

    def _ids(self, prompts: Sequence[str]) -> list[list[int]]:
        return [[*self._bos, *ids] for ids in self._tokens([self._said(prompt) for prompt in prompts])]

    def _said(self, prompt: str) -> str:
        if not self.chat:
            return prompt
        turns = [{"role": "user", "content": prompt}]
        return str(self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))

    def _answers(self, answers: Sequence[str]) -> list[list[int]]:
        return [[*ids, self._eos] for ids in self._tokens(answers)]

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]

    def _text(self, row: Generated) -> str:
        ids = row.ids[:-1] if row.ids and row.ids[-1] == self._eos else row.ids
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def _thought(self, row: Generated) -> Thought:
        thought = parse_thought(self._text(row), finished=row.finished, reading=self.reading)
        words = cast("list[str]", self.tokenizer.convert_ids_to_tokens(row.ids))
        return replace(thought, doubt=doubt(words, row.probabilities))

    def _branch(self, name: str) -> Branch:
        return cast(Branch, self.branches[name])

    def _expanded(self, rows: Sequence[Sequence[int]], clips: Sequence[Features]) -> list[list[int]]:
        """Ids with every placeholder repeated as often as its clip gives tokens."""
        expanded = []
        for row, clip in zip(rows, clips, strict=True):
            counts = {}
            for name, ids in self._placeholders.items():
                frames = _frames(clip, name)
                if frames is None and any(token in ids for token in row):
                    raise DataError(f"a prompt asks for {name}, but its clip's features have none")
                counts |= dict.fromkeys(ids, 0 if frames is None else frames.shape[1] * self._branch(name).queries)
            expanded.append(expand(row, counts))
        return expanded

    def _filled(self, embeds_BLD: Tensor, ids_BL: Tensor, clips: Sequence[Features]) -> Tensor:
        """Run the branches on the rows that have their placeholders, and put the tokens there."""
        for name, ids in self._placeholders.items():
            places_BL = torch.isin(ids_BL, ids_BL.new_tensor(ids))
            frames = [_frames(clips[i], name) for i in places_BL.any(dim=1).nonzero()[:, 0].tolist()]
            frames = [one[0].to(embeds_BLD.device) for one in frames if one is not None]
            if frames:
                tokens_NQD = self._branch(name)(torch.cat(frames))
                tokens = [part.flatten(0, 1) for part in tokens_NQD.split([len(one) for one in frames])]
                embeds_BLD = fill(embeds_BLD, places_BL, tokens)
        return embeds_BLD


def by_shape(features: Sequence[Features]) -> list[list[int]]:
    """Which clips can be one batch, by their places: those whose features have one shape."""
    alike: dict[object, list[int]] = {}
    for place, one in enumerate(features):
        shape = tuple(None if sense is None else sense.shape[1:] for sense in (one.video_BNPD, one.audio_BNAD))
        alike.setdefault(shape, []).append(place)
    return list(alike.values())


def _frames(features: Features, branch: str) -> Tensor | None:
    return features.video_BNPD if branch == "video" else features.audio_BNAD
