"""Evaluation with a stand-in agent: what is written, pooled, passed over."""

import json

import numpy as np
import pytest

from tgs.data.benchmark import ClipWork
from tgs.errors import ConfigError
from tgs.lit.evaluate import Evaluate, eval_folder, score_of, summarise
from tgs.metrics.protocols import protocol
from tgs.pipeline.agent import Outcome
from tgs.types import Clip, Masks, Reference, Split

SIZE = (2, 224, 224)  # the protocol's own: nothing is resized
SEEN = Reference(0, "a_0_10000_dog_1", "a_0_10000", Split.test_s, 0, "dog", "The dog.", "named")
UNSEEN = Reference(1, "b_0_10000_lion_1", "b_0_10000", Split.test_u, 0, "lion", "The lion.", "named")
NULL = Reference(2, "null_m-a_0_10000_null_1", "null_m-a_0_10000", Split.test_n, 0, "null", "The dog.", "null")


class StandInAgent:
    """Answers every reference with a quarter of every frame, its centre; counts its calls."""

    thinker = grounder = segmenter = None

    def __init__(self):
        self.seconds = {"think": 0.0, "ground": 0.0, "segment": 0.0}
        self.calls = 0

    def run(self, clip, references, truths):
        self.calls += 1
        mask = square(56)
        empty = (np.zeros((0, 4), np.float32),) * SIZE[0]
        return [Outcome(r, None, None, empty, (0.0, 0.0), Masks(mask, mask.astype(np.float16))) for r in references]


def square(start):
    mask = np.zeros(SIZE, bool)
    mask[:, 56:168, start : start + 112] = True
    return mask


def work(reference, truth):
    clip = Clip(reference.folder, np.zeros((*SIZE, 3), np.uint8), np.zeros(16, np.float32))
    return ClipWork(clip, (reference,), (truth,))


WORKS = [work(SEEN, square(56)), work(UNSEEN, square(112)), work(NULL, np.zeros(SIZE, bool))]
ORIGIN = {"benchmark": "made", "policy": "raw", "scale": "tiny", "thresholds": {"box": 0.1}}


@pytest.fixture
def done(tmp_path):
    folder = eval_folder(tmp_path, "made", "raw", "0123")
    agent = StandInAgent()
    module = Evaluate(agent=agent, protocol=protocol("tgs"), folder=folder, overlays=1)  # type: ignore[arg-type]
    for index, one in enumerate(WORKS):
        module.predict_step(one, index)
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
    module.predict_step(WORKS[0], 0)
    assert agent.calls == 3
    assert (folder.path / "clips" / "a_0_10000.json").stat().st_mtime_ns == before


def test_pictures_are_written_for_the_first_clips_of_each_split(done):
    folder, _, _ = done
    assert len(list((folder.path / "overlays").glob("*.png"))) == 3


def test_a_row_tells_the_whole_story(done):
    folder, _, _ = done
    summarise(folder, protocol("tgs"), [SEEN, UNSEEN, NULL], [SEEN, UNSEEN, NULL], ORIGIN, {})
    rows = [json.loads(line) for line in (folder.path / "references.jsonl").read_text().splitlines()]
    assert [row["row"] for row in rows] == [0, 1, 2]
    assert {"text", "category", "kind", "thought", "description", "boxes", "J", "F", "S"} <= set(rows[0])


def test_fewer_clips_give_a_partial_summary_and_unasked_gaps_an_error(done):
    folder, _, _ = done
    everyone = [SEEN, UNSEEN, NULL]
    assert summarise(folder, protocol("tgs"), everyone, [SEEN], ORIGIN, {})["numbers"]["partial"]
    rows, curves = folder.read_clip("a_0_10000")
    with pytest.raises(ConfigError, match="1 of 3"):
        protocol("tgs").summarise([score_of(row, curves.get(row["row"])) for row in rows], everyone)
