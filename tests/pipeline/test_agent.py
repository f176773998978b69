"""The agent, with stand-ins for the stages that count their calls and answer what a test can foresee."""

import numpy as np
import pytest

from tgs.ground.select import Choice
from tgs.pipeline.agent import Agent, true_box
from tgs.types import Clip, Detections, Masks, Policy, Reference, Split, Thought, ThoughtStatus

CLIP = Clip("a_0_10000", np.zeros((2, 6, 8, 3), np.uint8), np.zeros(32, np.float32))


def reference(row: int, text: str, category: str = "dog") -> Reference:
    return Reference(row, f"a_0_10000_{category}_{row}", "a_0_10000", Split.test_s, 0, category, text)


class StandInThinker:
    """Names the last word of each text; 'nobody' is a null answer."""

    def think(self, clip, texts):
        words = [text.split()[-1] for text in texts]
        return [
            Thought(ThoughtStatus.ok, "", f"a {word}", "null" if word == "nobody" else word, word == "nobody", "")
            for word in words
        ]


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
            masks.append(Masks(mask, mask.astype(np.float16)))
        return masks


def agent(policy, grounder=None, **more):
    return Agent(policy, StandInSegmenter(), StandInThinker(), grounder or StandInGrounder(), **more)


def test_equal_descriptions_are_grounded_once_and_null_never():
    grounder = StandInGrounder()
    references = [reference(0, "the dog"), reference(1, "any dog"), reference(2, "a cat"), reference(3, "nobody")]
    outcomes = agent(Policy.simple, grounder).run(CLIP, references, [np.zeros((2, 6, 8), bool)] * 4)
    assert grounder.asked == ["cat", "dog"]
    assert [outcome.description for outcome in outcomes] == ["dog", "dog", "cat", None]
    assert not outcomes[3].masks.binary_NHW.any()
    assert outcomes[3].scores == (0.0, 0.0)


@pytest.mark.parametrize(("choice", "area"), [(Choice.best, 4 * 3), (Choice.first, 2 * 2), (Choice.all, 12 + 4 - 1)])
def test_the_choice_of_boxes_decides_what_is_filled(choice, area):
    outcome = agent(Policy.simple, choice=choice).run(CLIP, [reference(0, "the dog")], [np.zeros((2, 6, 8), bool)])[0]
    assert outcome.masks.binary_NHW.sum(axis=(1, 2)).tolist() == [area, area]


def test_nothing_above_the_threshold_is_no_mask_but_the_score_is_kept():
    outcome = agent(Policy.raw, box_threshold=0.9).run(CLIP, [reference(0, "dog")], [np.zeros((2, 6, 8), bool)])[0]
    assert not outcome.masks.binary_NHW.any()
    assert outcome.scores == pytest.approx((0.7, 0.7))
    assert outcome.thought is None


def test_true_boxes_bypass_think_and_ground():
    truth = np.zeros((2, 6, 8), bool)
    truth[0, 2:4, 3:7] = True
    outcome = Agent(Policy.box, StandInSegmenter()).run(CLIP, [reference(0, "dog")], [truth])[0]
    np.testing.assert_array_equal(outcome.masks.binary_NHW, truth)
    assert outcome.boxes[1].shape == (0, 4)


def test_a_true_box_is_tight_with_exclusive_right_and_bottom():
    mask = np.zeros((6, 8), bool)
    mask[2, 3] = mask[4, 5] = True
    np.testing.assert_array_equal(true_box(mask), [[3, 2, 6, 5]])
