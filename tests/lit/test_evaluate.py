"""Evaluation with a stand-in agent: what is written, pooled, passed over."""

import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tgs.data.benchmark import ClipWork
from tgs.errors import ConfigError
from tgs.lit.evaluate import Evaluate
from tgs.metrics.protocols import protocol
from tgs.metrics.score import Score
from tgs.pipeline.agent import Outcome
from tgs.pipeline.grounded import Grounded
from tgs.pipeline.recall import Recall
from tgs.pipeline.scored import Scorer
from tgs.report.records import eval_folder
from tgs.report.summarise import summarise
from tgs.types import Clip, DecidedBy, Footage, Masks, Reference, Split, Thought, ThoughtStatus, Truth

SIZE = (2, 224, 224)  # the protocol's own: nothing is resized
SEEN = Reference(0, "a_0_10000_dog_1", "a_0_10000", Split.test_s, 0, "dog", "The dog.", "named")
UNSEEN = Reference(1, "b_0_10000_lion_1", "b_0_10000", Split.test_u, 0, "lion", "The lion.", "named")
NULL = Reference(2, "null_m-a_0_10000_null_1", "null_m-a_0_10000", Split.test_n, 0, "null", "The dog.", "null")


class StandInAgent:
    """Answers every reference with a quarter of every frame, its centre; counts its calls."""

    stages = ()

    def __init__(self):
        self.seconds = {"think": 0.0, "ground": 0.0, "segment": 0.0}
        self.calls = 0

    def think(self, shown, references):
        self.shown = shown[-1].clip
        return [[None] * len(own) for own in references]

    def aim(self, footage, references, truths, thoughts):
        self.calls += 1
        boxes = (np.array([[56, 56, 168, 168]], np.float32),) * SIZE[0]
        found = Grounded("dog", boxes, (0.5, 0.75), DecidedBy.simple, 0.625)
        thought = Thought(ThoughtStatus.ok, "r", "a dog", "dog", False, "raw", doubt=0.25)
        return [Outcome(r, thought, found) for r in references]

    def outline(self, footage, outcomes):
        return [Masks.of_binary(square(56)) for _ in outcomes]


def square(start):
    mask = np.zeros(SIZE, bool)
    mask[:, 56:168, start : start + 112] = True
    return mask


def work(reference, truth):
    clip = Clip(reference.folder, np.zeros((*SIZE, 3), np.uint8), np.zeros(16, np.float32))
    shown = Clip("shown", clip.frames_NHWC, clip.wave_S)
    return ClipWork(Footage.of(clip), (reference,), (Truth.of(truth),), Footage.of(shown))


def scorer(rule):
    return Scorer(rule, "", str, Recall())


WORKS = [work(SEEN, square(56)), work(UNSEEN, square(112)), work(NULL, np.zeros(SIZE, bool))]
ORIGIN = {"benchmark": "made", "policy": "raw", "scale": "tiny", "thresholds": {"box": 0.1}}


@pytest.fixture
def done(tmp_path):
    folder = eval_folder(tmp_path, "made", "raw", "0123")
    agent = StandInAgent()
    pictured = [SEEN.folder, NULL.folder]
    module = Evaluate(agent=agent, scorer=scorer(protocol("tgs")), folder=folder, pictured=pictured)  # type: ignore[arg-type]
    for index, one in enumerate(WORKS):
        module.predict_step([one], index)
    return folder, agent, module


def test_the_summary_holds_what_the_masks_are_worth(done):
    folder, _, _ = done
    references = [SEEN, UNSEEN, NULL]
    numbers = summarise(folder, protocol("tgs"), references, references, ORIGIN, {"think": 1.0})["numbers"]
    assert numbers["seen"]["JF"] == pytest.approx(1)
    assert numbers["unseen"]["J"] == pytest.approx(56 / (2 * 112 - 56))  # half of the width overlaps
    assert numbers["unseen"]["F"] == pytest.approx(0.5)  # precision and recall are a half, whatever beta
    assert numbers["mix"]["J"] == pytest.approx((1 + 1 / 3) / 2)
    assert numbers["null_s"] == pytest.approx(0.5)  # root of a quarter
    assert numbers["scored"] == numbers["expected"] == 3


def test_a_clip_that_is_there_is_not_run_again(done):
    folder, agent, module = done
    before = (folder.path / "clips" / "a_0_10000.json").stat().st_mtime_ns
    module.predict_step([WORKS[0]], 0)
    assert agent.calls == 3
    assert (folder.path / "clips" / "a_0_10000.json").stat().st_mtime_ns == before


def test_pictures_are_written_of_the_chosen_clips(done):
    folder, _, _ = done
    pictures = sorted(path.name for path in (folder.path / "overlays").iterdir())
    assert pictures == ["00000_a_0_10000_dog_1.jpg", "00002_null_m-a_0_10000_null_1.jpg"]


def test_masks_of_another_size_are_scored_and_pictured_on_the_frames(tmp_path):
    """Frames of 448 x 448, masks of 224: the same quarter of them."""

    def picture(name, scale):
        big = square(56).repeat(scale, axis=1).repeat(scale, axis=2)
        clip = Clip("a_0_10000", np.zeros((*big.shape, 3), np.uint8), np.zeros(16, np.float32))
        folder = eval_folder(tmp_path, "made", name, "0123")
        agent: Any = StandInAgent()
        module = Evaluate(agent=agent, scorer=scorer(protocol("strict")), folder=folder, pictured=["a_0_10000"])
        module.predict_step([ClipWork(Footage.of(clip), (SEEN,), (Truth.of(big),), Footage.of(clip))], 0)
        (row,), _ = folder.read_clip("a_0_10000")
        with Image.open(next((folder.path / "overlays").iterdir())) as strip:
            return row["J"], np.asarray(strip)

    (one, plain), (two, large) = picture("same", 1), picture("double", 2)
    assert one == two == 1
    red_S, red_L = (strip[height : 2 * height, :height, 0] > 90 for strip, height in ((plain, 224), (large, 448)))
    assert red_S.mean() == pytest.approx(0.25, abs=0.01)
    assert red_L.mean() == pytest.approx(0.25, abs=0.01)


def test_a_row_tells_the_whole_story(done):
    folder, _, _ = done
    summarise(folder, protocol("tgs"), [SEEN, UNSEEN, NULL], [SEEN, UNSEEN, NULL], ORIGIN, {})
    rows = [json.loads(line) for line in (folder.path / "references.jsonl").read_text().splitlines()]
    assert [row["row"] for row in rows] == [0, 1, 2]
    assert {"text", "category", "kind", "boxes", "box_scores", "rival_frames", "J", "F", "S"} <= set(rows[0])
    assert (rows[0]["description"], rows[0]["decided_by"], rows[0]["clip_score"]) == ("dog", "simple", 0.625)
    assert rows[0]["thought"] == {
        "status": "ok", "fine": "a dog", "simple": "dog", "is_null": False, "doubt": 0.25, "raw": "raw",
    }  # fmt: skip


def test_a_row_knows_where_the_object_really_is(done):
    folder, _, _ = done
    seen, null = (folder.read_clip(one.folder)[0][0] for one in (SEEN, NULL))
    assert (seen["fid"], seen["truth"]) == (0, {"boxes": [[56, 56, 168, 168]] * 2, "shares": [0.25] * 2})
    assert null["truth"] == {"boxes": [None] * 2, "shares": [0] * 2}


def test_a_row_knows_what_empty_masks_would_score(done):
    folder, _, _ = done
    share = 112 * 112 / 224**2  # of the frame that the lion fills
    lion, null = (folder.read_clip(one.folder)[0][0]["if_rejected"] for one in (UNSEEN, NULL))
    assert lion == {"J": 0, "F": pytest.approx(1.3 * share / (0.3 * share + 1)), "S": None}
    assert null == {"J": None, "F": None, "S": 0}


def test_empty_masks_are_scored_once_for_all_references_to_an_object():
    class Counting(type(protocol("tgs"))):
        calls = 0

        def score(self, *args):
            self.calls += 1
            return super().score(*args)

    counting = Counting()
    footage, truths = WORKS[0].footage, (Truth.of(square(56)), Truth.of(square(0)))
    one, two = SEEN, Reference(1, "a_0_10000_cat_1", "a_0_10000", Split.test_s, 1, "cat", "The cat.")
    found = scorer(counting).if_rejected(footage, (one, one, two), (truths[0], truths[0], truths[1]))
    assert counting.calls == 2
    assert [score.J for score in found] == [0, 0, 0]


def test_the_agent_gets_what_the_thinker_is_shown(done):
    _, agent, _ = done
    assert agent.shown.vid == "shown"


def test_the_summary_tells_how_often_the_right_object_is_named(done):
    folder, _, _ = done
    everyone = [SEEN, UNSEEN, NULL]
    named = summarise(folder, protocol("tgs"), everyone, everyone, ORIGIN, {})["named"]
    assert (named["share"], named["right"], named["of"]) == (pytest.approx(1 / 3), 1, 3)


def test_fewer_clips_give_a_partial_summary_and_unasked_gaps_an_error(done):
    folder, _, _ = done
    everyone = [SEEN, UNSEEN, NULL]
    assert summarise(folder, protocol("tgs"), everyone, [SEEN], ORIGIN, {})["numbers"]["partial"]
    rows, curves = folder.read_clip("a_0_10000")
    with pytest.raises(ConfigError, match="1 of 3"):
        protocol("tgs").summarise([Score.from_record(row, curves.get(row["row"])) for row in rows], everyone)
