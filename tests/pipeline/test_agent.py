"""The agent, with stand-ins for the stages that count their calls and answer what a test can foresee."""

from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch

from tgs.ground.select import Choice
from tgs.pipeline.adaptive import AdaptiveRule
from tgs.pipeline.agent import Agent
from tgs.pipeline.description import TextRule
from tgs.pipeline.stage import Stage
from tgs.think.features import Features
from tgs.types import (
    Clip,
    DecidedBy,
    Detections,
    Footage,
    Masks,
    Policy,
    Reference,
    Settle,
    Split,
    Thought,
    ThoughtStatus,
    Truth,
    Unparsed,
)  # fmt: skip

CLIP = Clip("a_0_10000", np.zeros((2, 6, 8, 3), np.uint8), np.zeros(32, np.float32))
FOOTAGE = Footage.of(CLIP)
NOBODY = Truth.of(np.zeros((2, 6, 8), bool))


def reference(row: int, text: str, category: str = "dog") -> Reference:
    return Reference(row, f"a_0_10000_{category}_{row}", "a_0_10000", Split.test_s, 0, category, text)


class StandInThinker:
    """Names the last word of each text; 'nobody' is a null answer."""

    def encode(self, clips):
        return Features(torch.zeros(1, 1, 1, 1), None)

    def think_features(self, features, texts):
        return [[self.thought(text.split()[-1]) for text in own] for own in texts]

    def thought(self, word):
        simple = "null" if word == "nobody" else word
        return Thought(ThoughtStatus.ok, "", f"a {word}", simple, word == "nobody", "")


class StandInGrounder:
    """Two boxes a frame, the worse one first; remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def detect(self, frames_NHWC, captions):
        self.asked += captions
        boxes = np.array([[0, 0, 2, 2], [1, 1, 5, 4]], np.float32)
        return [[Detections(boxes, np.array([0.2, 0.7], np.float32)) for _ in frames_NHWC] for _ in captions]


class StandInSegmenter:
    """Fills the boxes."""

    def segment(self, frames_NHWC, boxes):
        masks = []
        for per_frame in boxes:
            mask = np.zeros(frames_NHWC.shape[:3], bool)
            for n, boxes_K4 in enumerate(per_frame):
                for x0, y0, x1, y1 in boxes_K4.astype(int):
                    mask[n, y0:y1, x0:x1] = True
            masks.append(Masks.of_binary(mask))
        return masks


def staged(policy, segmenter, thinker=None, grounder=None, **more):
    stages = [None if model is None else Stage.of(model) for model in (segmenter, thinker, grounder)]
    return Agent(policy, *stages, **more)  # type: ignore[arg-type]


def agent(policy, grounder=None, **more):
    return staged(policy, StandInSegmenter(), StandInThinker(), grounder or StandInGrounder(), **more)


def ran(agent, references, truths=None, shown=FOOTAGE):
    """Outcomes with their masks."""
    (thoughts,) = agent.think([shown], [references])
    outcomes = agent.aim(FOOTAGE, references, truths or [NOBODY] * len(references), thoughts)
    masks = agent.outline(FOOTAGE, outcomes)
    return [
        SimpleNamespace(thought=o.thought, grounded=o.grounded, masks=m) for o, m in zip(outcomes, masks, strict=True)
    ]


def test_equal_descriptions_are_grounded_once_and_null_never():
    grounder = StandInGrounder()
    references = [reference(0, "the dog"), reference(1, "any dog"), reference(2, "a cat"), reference(3, "nobody")]
    outcomes = ran(agent(Policy.simple, grounder), references)
    assert grounder.asked == ["cat", "dog"]
    assert [outcome.grounded.text for outcome in outcomes] == ["dog", "dog", "cat", None]
    assert not outcomes[3].masks.binary_NHW.any()
    assert outcomes[3].grounded.scores == (0.0, 0.0)


@pytest.mark.parametrize(("choice", "area"), [(Choice.best, 4 * 3), (Choice.first, 2 * 2), (Choice.all, 12 + 4 - 1)])
def test_the_choice_of_boxes_decides_what_is_filled(choice, area):
    outcome = ran(agent(Policy.simple, choice=choice), [reference(0, "the dog")])[0]
    assert outcome.masks.binary_NHW.sum(axis=(1, 2)).tolist() == [area, area]


def test_nothing_above_the_threshold_is_no_mask_but_the_score_is_kept():
    outcome = ran(agent(Policy.raw, box_threshold=0.9), [reference(0, "dog")])[0]
    assert not outcome.masks.binary_NHW.any()
    assert outcome.grounded.scores == pytest.approx((0.7, 0.7))
    assert outcome.thought is None


def test_true_boxes_bypass_think_and_ground():
    truth = np.zeros((2, 6, 8), bool)
    truth[0, 2:4, 3:7] = True
    outcome = ran(staged(Policy.box, StandInSegmenter()), [reference(0, "dog")], [Truth.of(truth)])[0]
    np.testing.assert_array_equal(outcome.masks.binary_NHW, truth)
    assert outcome.grounded.boxes[1].shape == (0, 4)


def test_the_thinker_may_be_shown_another_clip_and_the_detector_never_is():
    class Witness(StandInThinker, StandInGrounder):
        def encode(self, clips):
            self.heard = clips[0].vid
            return super().encode(clips)

        def detect(self, frames_NHWC, captions):
            self.saw = frames_NHWC
            return super().detect(frames_NHWC, captions)

    witness, other = Witness(), Clip("b_0_10000", np.ones((2, 6, 8, 3), np.uint8), CLIP.wave_S)
    ran(staged(Policy.simple, StandInSegmenter(), witness, witness), [reference(0, "dog")], shown=Footage.of(other))
    assert witness.heard == "b_0_10000"
    assert witness.saw is CLIP.frames_NHWC
    ran(staged(Policy.simple, StandInSegmenter(), witness, witness), [reference(0, "dog")])
    assert witness.heard == "a_0_10000"


@pytest.mark.parametrize(("limit", "pixels"), [(0.0, 24), (0.69, 24), (0.71, 0)])
def test_a_clip_whose_best_boxes_are_too_unsure_has_no_mask(limit, pixels):
    outcome = ran(agent(Policy.raw, reject=limit), [reference(0, "dog")])[0]
    assert outcome.masks.binary_NHW.sum() == pixels  # 2 frames of 4 x 3
    assert outcome.grounded.clip_score == pytest.approx(0.7)
    assert outcome.grounded.text == "dog"


@pytest.mark.parametrize(("limit", "asked"), [(1.0, ["cat", "dog"]), (0.5, ["dog"])])
def test_a_thought_in_doubt_asks_for_nothing(limit, asked):
    class Doubting(StandInThinker):
        def thought(self, word):
            return replace(super().thought(word), doubt={"dog": 0.4, "cat": 0.6}[word])

    grounder = StandInGrounder()
    doubting = staged(Policy.simple, StandInSegmenter(), Doubting(), grounder, doubt=limit)
    outcomes = ran(doubting, [reference(0, "dog"), reference(1, "cat")])
    assert grounder.asked == asked
    assert [outcome.thought.simple for outcome in outcomes] == ["dog", "cat"]


class TwoDogs(StandInGrounder):
    """One cat in view, and two dogs that T_s cannot tell apart: T_f scores the right one higher."""

    LEFT, RIGHT = [0, 0, 2, 2], [4, 0, 7, 2]

    def detect(self, frames_NHWC, captions):
        self.asked += captions
        scores = {"dog": (0.6, 0.5), "a dog": (0.2, 0.4), "cat": (0.6, 0.1), "mumble": (0.3, 0.3), "Error": (0.3, 0.3)}
        boxes = np.array([self.LEFT, self.RIGHT], np.float32)
        return [[Detections(boxes, np.array(scores[text], np.float32)) for _ in frames_NHWC] for text in captions]


@pytest.mark.parametrize(("settle", "by"), [(Settle.fine, DecidedBy.fine), (Settle.agreement, DecidedBy.agreement)])
def test_the_fine_text_is_asked_only_where_several_are_in_view(settle, by):
    grounder = TwoDogs()
    references = [reference(0, "the dog"), reference(1, "a cat"), reference(2, "nobody"), reference(3, "any dog")]
    adaptive = agent(Policy.adaptive, grounder, adaptive=AdaptiveRule(settle=settle))
    outcomes = ran(adaptive, references)
    assert grounder.asked == ["cat", "dog", "a dog"]
    assert [outcome.grounded.by for outcome in outcomes] == [by, DecidedBy.simple, None, by]
    assert [outcome.grounded.rival_frames for outcome in outcomes] == [1, 0, None, 1]
    assert [outcome.grounded.boxes[0].tolist() for outcome in outcomes] == [
        [TwoDogs.RIGHT], [TwoDogs.LEFT], [], [TwoDogs.RIGHT],
    ]  # fmt: skip
    assert outcomes[0].grounded.text == ("a dog" if by is DecidedBy.fine else "dog")


@pytest.mark.parametrize("policy", [Policy.simple, Policy.adaptive])
@pytest.mark.parametrize(
    ("unparsed", "by", "asked"),
    [
        (Unparsed.none, None, []),
        (Unparsed.raw, DecidedBy.raw, ["mumble"]),
        (Unparsed.error, DecidedBy.error, ["Error"]),
    ],
)
def test_an_unreadable_thought_may_fall_back_to_another_text(policy, unparsed, by, asked):
    class Mumbling(StandInThinker):
        def thought(self, word):
            return Thought(ThoughtStatus.cut, "", None, None, False, "")

    grounder = TwoDogs()
    rule = TextRule(unparsed=unparsed)
    mumbling = staged(policy, StandInSegmenter(), Mumbling(), grounder, texts=rule)
    outcome = ran(mumbling, [reference(0, "mumble")])[0]
    assert outcome.grounded.by is by
    assert outcome.masks.binary_NHW.any() == (by is not None)
    assert grounder.asked == asked


@pytest.mark.parametrize("policy", [Policy.fine, Policy.simple, Policy.raw])
def test_plain_policies_ask_once_whatever_the_adaptive_rule(policy):
    grounder = TwoDogs()
    told = {Policy.fine: "a dog", Policy.simple: "dog", Policy.raw: "dog"}[policy]
    rule = AdaptiveRule(rival_frames=0.0, settle=Settle.agreement)
    outcome = ran(agent(policy, grounder, adaptive=rule), [reference(0, "dog")])[0]
    assert grounder.asked == [told]
    assert (outcome.grounded.by, outcome.grounded.rival_frames) == (DecidedBy(policy), None)


def test_both_texts_of_the_adaptive_prompt_get_the_extra_dot():
    class Dotted(TwoDogs):
        said: ClassVar = []

        def detect(self, frames_NHWC, captions):
            self.said += captions
            return super().detect(frames_NHWC, [caption.removesuffix(".") for caption in captions])

    grounder = Dotted()
    adaptive = agent(Policy.adaptive, grounder, texts=TextRule(extra_dot=True))
    outcome = ran(adaptive, [reference(0, "the dog")])[0]
    assert grounder.said == ["dog.", "a dog."]
    assert outcome.grounded.text == "a dog."
