from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tgs.errors import ConfigError, DataError
from tgs.think.features import Features
from tgs.think.generate import greedy
from tgs.think.llm import add_lora, word_embeddings
from tgs.think.prompt import caption_prompt, thought_prompt
from tgs.think.ref_thinker import RefThinker
from tgs.think.tokens import Modality
from tgs.types import Clip, Padding, Reading, ThoughtStatus, Wording

ANSWERS = ["<think> a dog </think> <answer> <f_object> a dog </f_object> <s_object> dog </s_object>", "red", "it"]
TEXTS = ["The loud dog", "guitar", "what is on the left"]


@pytest.fixture
def features(thinker, clips):
    return thinker.encode(clips)


@pytest.fixture
def prompts(thinker):
    return [thought_prompt(thinker.template, text) for text in TEXTS]


def test_encoding_gives_patches_of_every_frame_and_second(thinker, clips, features):
    assert features.video_BNPD.shape == (3, 2, 4, 16)
    assert features.audio_BNAD.shape == (3, 2, 48, 16)
    assert not features.video_BNPD.requires_grad
    alone = thinker.encode(clips[1:2])
    assert torch.allclose(features[[1]].video_BNPD, alone.video_BNPD, atol=1e-6)
    assert torch.allclose(features[[1]].audio_BNAD, alone.audio_BNAD, atol=1e-6)


def test_the_sound_is_cut_into_as_many_segments_as_there_are_frames(thinker, clips):
    short = replace(clips[0], wave_S=clips[0].wave_S[:19201])  # 1.2 s over two frames: 9600 samples each, 58 frames
    assert thinker.encode([short]).audio_BNAD.shape == (1, 2, 8 * 3, 16)


def test_a_clip_of_one_sense_has_features_of_that_sense(thinker, clips):
    mute = thinker.encode([replace(clips[0], wave_S=np.zeros(0, np.float32))])
    blind = thinker.encode([replace(clips[0], frames_NHWC=clips[0].frames_NHWC[:0], wave_S=clips[0].wave_S[:24000])])
    assert mute.audio_BNAD is None
    assert blind.video_BNPD is None
    assert blind.audio_BNAD.shape == (1, 2, 48, 16)  # 1.5 s are two true seconds, the last half empty
    with pytest.raises(DataError, match="cannot be one batch"):
        Features.cat([mute, blind])


def plain_loss(thinker, features, prompts, answers):
    """Row by row, head on every position, no padding."""
    words, total, count = word_embeddings(thinker.llm), 0.0, 0
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        before, _, rest = prompt.partition("<video>")
        between, _, after = rest.partition("<audio>")
        texts = [thinker.tokenizer(t, add_special_tokens=False)["input_ids"] for t in (before, between, after, answer)]
        a, b, c, told = (torch.tensor(ids, dtype=torch.long) for ids in texts)
        told = torch.cat([told, torch.tensor([2])])
        video = thinker.branches["video"](features.video_BNPD[i]).flatten(0, 1)
        audio = thinker.branches["audio"](features.audio_BNAD[i]).flatten(0, 1)
        start = words(torch.tensor([1]))
        row = torch.cat([start, words(a), video, words(b), audio, words(c), words(told)])
        logits = thinker.llm(inputs_embeds=row[None]).logits[0]
        total = total + F.cross_entropy(logits[-len(told) - 1 : -1], told, reduction="sum")
        count += len(told)
    return total / count


def test_loss_is_the_mean_over_answer_tokens(thinker, features, prompts):
    thinker.eval()
    expected = plain_loss(thinker, features, prompts, ANSWERS)
    assert torch.allclose(thinker.loss(features, prompts, ANSWERS), expected, atol=1e-5)
    assert not torch.allclose(thinker.loss(features[[1, 0, 2]], prompts, ANSWERS), expected, atol=1e-3)


def test_told_counts_the_tokens_that_are_learnt_from(thinker):
    assert thinker.told(["a loud dog", "red"]) == (3 + 1) + (1 + 1)  # words, and an end of text each


def test_gradients_equal_the_plain_way_and_reach_both_branches(thinker, features, prompts):
    thinker.eval()
    learns = list(thinker.branches.parameters())
    ours = torch.autograd.grad(thinker.loss(features, prompts, ANSWERS), learns)
    plain = torch.autograd.grad(plain_loss(thinker, features, prompts, ANSWERS), learns)
    for one, other in zip(ours, plain, strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    assert sum(float(g.abs().sum()) > 0 for g in ours) > 0.9 * len(ours)  # key biases never matter to a softmax


def test_clips_of_different_shapes_are_answered_each_in_its_place(thinker, clips):
    long = replace(clips[1], frames_NHWC=np.concatenate([clips[1].frames_NHWC] * 2))  # four frames
    mute = replace(clips[2], wave_S=np.zeros(32000, np.float32))
    shown, texts = [clips[0], long, mute], [["the dog", "guitar"], ["what is on the left"], []]
    found = thinker.think_features([thinker.encode([clip]) for clip in shown], texts)
    assert found == [thinker.think(clip, own) if own else [] for clip, own in zip(shown, texts, strict=True)]
    assert len({thought.raw for own in found for thought in own}) == 3


def test_rows_may_differ_in_length_and_modality(thinker, features):
    thinker.eval()
    rows = [
        Features(None, features.audio_BNAD[:1]),
        Features(None, features.audio_BNAD[1:2, :1]),
        Features(features.video_BNPD[2:, :1], None),
    ]
    kinds = [Modality.audio, Modality.audio, Modality.image]
    asked = [caption_prompt(thinker.template, kind) for kind in kinds]
    answers = ["a loud dog", "red", "it sounds"]
    with torch.no_grad():
        sums = [thinker.loss(rows[i], [asked[i]], [answers[i]]) * n for i, n in enumerate((4, 2, 3))]
        assert thinker.loss(rows, asked, answers).item() == pytest.approx(float(sum(sums)) / 9, abs=1e-5)


def test_a_caption_prompt_reads_no_other_modality(thinker, features):
    thinker.eval()
    asked = [caption_prompt(thinker.template, Modality.audio)] * 3
    blind = Features(None, features.audio_BNAD)
    assert torch.equal(thinker.loss(features, asked, ANSWERS), thinker.loss(blind, asked, ANSWERS))
    with pytest.raises(DataError, match="asks for video"):
        thinker.loss(blind, [thought_prompt(thinker.template, "dog")] * 3, ANSWERS)


@pytest.mark.parametrize("answers", [ANSWERS[:2], [*ANSWERS[:2], " "]])
def test_rows_that_do_not_match_are_refused(thinker, features, prompts, answers):
    with pytest.raises(DataError, match=f"3 clips, 3 prompts, {len(answers)} answers"):
        thinker.loss(features, prompts, answers)


def test_learning_leaves_frozen_parts_alone(thinker, features, prompts):
    thinker.llm.requires_grad_(False)
    add_lora(thinker.llm, rank=2)
    thinker.train()
    assert not thinker.vision.training
    assert not thinker.audio.training
    assert thinker.branches["video"].training
    thinker.loss(features, prompts, ANSWERS).backward()
    moved = {name.split(".")[0] for name, p in thinker.named_parameters() if p.grad is not None}
    assert moved == {"llm", "branches"}
    assert all(".lora_" in n for n, p in thinker.llm.named_parameters() if p.grad is not None)


def test_mixed_precision_learns_and_answers(thinker, features, prompts):
    thinker.eval()
    full = thinker.loss(features, prompts, ANSWERS)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = thinker.loss(features, prompts, ANSWERS)
        thoughts = thinker.think(features[[0]], TEXTS)
    mixed.backward()
    assert mixed.dtype is torch.float32
    assert torch.allclose(mixed, full, rtol=0.05)
    assert len(thoughts) == 3


def test_references_together_equal_one_by_one(thinker, features, clips):
    together = thinker.think(features[[0]], TEXTS)
    assert together == [thinker.think(features[[0]], [text])[0] for text in TEXTS]
    assert together == thinker.think(clips[0], TEXTS)
    assert len({thought.raw for thought in together}) == 3


def test_clips_together_equal_one_by_one_in_small_batches_too(thinker, features):
    texts = [TEXTS, [], TEXTS]
    expected = [thinker.think(features[[i]], own) if own else [] for i, own in enumerate(texts)]
    assert thinker.think_each(features, texts) == expected
    thinker.batch_rows = 3
    assert thinker.think_each(features, texts) == expected
    assert expected[0] != expected[2]  # the same words about another clip


def test_thinking_uses_no_dropout_and_restores_training(thinker, features):
    thinker.train()
    first = thinker.think(features[[0]], TEXTS)
    assert first == thinker.think(features[[0]], TEXTS)
    assert thinker.training
    assert not thinker.vision.training


class Scripted(torch.nn.Module):
    """A head that says a fixed text after the prompt, whatever is asked; the rest of the model is real."""

    def __init__(self, ids: list[int], vocabulary: int) -> None:
        super().__init__()
        self.ids, self.vocabulary, self.step = ids, vocabulary, 0

    def forward(self, hidden_BLD):
        token = self.ids[min(self.step, len(self.ids) - 1)]
        self.step += 1
        return F.one_hot(torch.full(hidden_BLD.shape[:2], token), self.vocabulary).float()


def say(thinker, text):
    ids = thinker.tokenizer(text, add_special_tokens=False)["input_ids"]
    thinker.llm.lm_head = Scripted(ids, len(thinker.tokenizer))


def test_a_thought_ends_with_its_category(thinker, features):
    say(thinker, f"{ANSWERS[0]} </answer> red red")
    thinker.max_new_tokens = 30
    thought = thinker.think(features[[0]], ["dog"])[0]
    assert thought.status is ThoughtStatus.ok
    assert (thought.reasoning, thought.fine, thought.simple) == ("a dog", "a dog", "dog")
    assert thought.doubt == pytest.approx(1 - np.e / (np.e + len(thinker.tokenizer) - 1))  # logits are 1 and 0
    assert thought.raw.endswith("</s_object>")


@pytest.mark.parametrize(
    ("text", "limit", "status"),
    [
        (ANSWERS[0], 5, ThoughtStatus.cut),
        ("<think> a dog </s>", 30, ThoughtStatus.malformed),
        ("a dog </s_object>", 30, ThoughtStatus.malformed),
    ],
)
def test_a_thought_without_its_answer_is_counted_as_what_it_is(thinker, features, text, limit, status):
    say(thinker, text)
    thinker.max_new_tokens = limit
    thought = thinker.think(features[[0]], ["dog"])[0]
    assert thought.status is status
    assert "</s>" not in thought.raw


def test_tags_of_the_prompt_are_never_read(thinker, features):
    thinker.template = type(thinker.template).released  # its instruction shows a whole example answer
    say(thinker, "red </s>")
    assert thinker.think(features[[0]], ["dog"])[0].status is ThoughtStatus.malformed


def test_wording_padding_and_rows_are_those_of_the_thinker(thinker, features):
    thinker.eval()
    texts = ["dog", "the red dog on the left", "guitar"]
    plain = [thought.raw for thought in thinker.think(features[[0]], texts)]
    thinker.wording, thinker.padding, thinker.batch_rows = Wording.test, Padding.unmasked, 2
    found = [thought.raw for thought in thinker.think(features[[0]], texts)]

    def answers(*texts, wording, padding):
        prefixes_CLD, suffixes = thinker._prefixes(
            features[[0]], [thought_prompt(thinker.template, text, wording) for text in texts]
        )
        stop, rows = {thinker._end_of_thought, thinker._eos}, [0] * len(texts)
        done = greedy(
            thinker.llm, prefixes_CLD, rows, suffixes, stop_ids=stop, pad_id=thinker._pad, max_new_tokens=12,
            padding=padding,
        )  # fmt: skip
        return [thinker._text(row) for row in done]

    unmasked = {"wording": Wording.test, "padding": Padding.unmasked}
    assert found == answers(*texts[:2], **unmasked) + answers(texts[2], **unmasked)
    assert plain == answers(*texts, wording=Wording.train, padding=Padding.masked)
    masked = answers(*texts, wording=Wording.test, padding=Padding.masked)
    assert found[0] != masked[0]  # the shorter row of the first batch reads its padding
    assert found[1:] == masked[1:] != plain[1:]


def test_a_broken_thought_is_read_tag_by_tag_on_request(thinker, features):
    say(thinker, "<s_object> dog </s_object>")
    assert thinker.think(features[[0]], ["dog"])[0].simple is None
    thinker.reading = Reading.by_tag
    say(thinker, "<s_object> dog </s_object>")
    assert thinker.think(features[[0]], ["dog"])[0].simple == "dog"


def test_captions_end_at_the_end_of_text(thinker, features):
    say(thinker, "a loud dog </s> red")
    assert thinker.caption(features, Modality.video, [""] * 3) == ["a loud dog"] * 3
    say(thinker, "a loud dog </s> red")
    assert thinker.caption(features, Modality.audio, [""], max_new_tokens=2) == ["a loud"]


def test_questions_of_different_beginnings_need_equal_placeholders_first(thinker, features):
    both = thinker.caption(features[:2], Modality.video, ["what sounds", "describe it"], max_new_tokens=4)
    alone = [
        thinker.caption(features[[i]], Modality.video, [q], max_new_tokens=4)[0]
        for i, q in enumerate(["what sounds", "describe it"])
    ]
    assert both == alone


def test_a_tokenizer_without_the_tokens_is_refused(thinker):
    from transformers import PreTrainedTokenizerFast

    words = PreTrainedTokenizerFast(tokenizer_object=thinker.tokenizer.backend_tokenizer, eos_token="</s>")
    words.get_vocab = lambda: {"<video>": 3}
    with pytest.raises(ConfigError, match="<image> <audio> </s_object>"):
        RefThinker(
            vision=thinker.vision, audio=thinker.audio, branches=thinker.branches, llm=thinker.llm,
            tokenizer=words, template="brief",
        )  # fmt: skip


def test_thinking_of_no_references_asks_nothing(thinker, features):
    assert thinker.think(features[[0]], []) == []


def test_a_clip_without_frames_cannot_be_thought_of(thinker, clips):
    blind = Clip("v", clips[0].frames_NHWC[:0], clips[0].wave_S)
    with pytest.raises(DataError, match="asks for video"):
        thinker.think(blind, ["dog"])
