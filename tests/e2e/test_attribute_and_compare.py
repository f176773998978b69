"""Records that evaluations really write, through `python -m tgs.attribute` and `python -m tgs.compare`."""

import json

import numpy as np
import pytest

from tgs.attribute import main as attribute
from tgs.compare import main as compare
from tgs.data.benchmark import ClipWork
from tgs.lit.evaluate import Evaluate
from tgs.metrics.protocols import protocol
from tgs.pipeline.agent import Outcome
from tgs.pipeline.grounded import Grounded, no_boxes, true_box
from tgs.pipeline.recall import Recall
from tgs.pipeline.scored import Scorer
from tgs.report.records import eval_folder
from tgs.report.summarise import summarise
from tgs.types import Clip, DecidedBy, Footage, Masks, Policy, Reference, Split, Thought, ThoughtStatus, Truth

SIZE = (2, 224, 224)  # the protocol's own: nothing is resized
TRUE, ELSEWHERE = (slice(56, 168), slice(56, 168)), (slice(0, 56), slice(0, 56))
EMPTY_F = 1.3 * 0.25 / (0.3 * 0.25 + 1)  # of a map that misses an object of a quarter of the frame
MISSED = EMPTY_F / 2
"""J&F of a wrong mask."""

OK, WRONG_NAME, WRONG_BOX, BAD_MASK, MISSED_NULL = range(5)
"""Rows by what becomes of them under prompt=simple."""

SPLITS = [Split.test_s, Split.test_s, Split.test_s, Split.test_u, Split.test_n]


def reference(row):
    category = "null" if row == MISSED_NULL else "dog"
    return Reference(row, f"v{row}_0_10000_{category}_1", f"v{row}_0_10000", SPLITS[row], row, category, "It.", "named")


def painted(where):
    mask = np.zeros(SIZE, bool)
    if where is not None:
        mask[(slice(None), *where)] = True
    return mask


class StandInAgent:
    """Fails each row at its stage, unless the policy has the truth in that stage's place."""

    stages = ()

    def __init__(self, policy):
        self.policy = policy

    def box(self, row):
        """Where it looks for the row's object, and where it outlines it."""
        thinks, boxed = self.policy is Policy.simple, self.policy is Policy.box
        failed = (row == WRONG_NAME and thinks) or (row == WRONG_BOX and not boxed)
        return ELSEWHERE if failed or (row == MISSED_NULL and thinks) else None if row == MISSED_NULL else TRUE

    def think(self, shown, references):
        return [[None] * len(own) for own in references]

    def aim(self, footage, references, truths, thoughts):
        (asked,) = references
        row, thinks, box = asked.row, self.policy is Policy.simple, self.box(asked.row)
        name = "cat" if row == WRONG_NAME else "dog"
        thought = Thought(ThoughtStatus.ok, "", f"a {name}", name, False, "") if thinks else None
        boxes = no_boxes(SIZE[0]) if box is None else tuple(map(true_box, painted(box)))
        found = Grounded(name, boxes, (0.5,) * SIZE[0], DecidedBy.simple, 0.5)
        return [Outcome(asked, thought, found)]

    def outline(self, footage, outcomes):
        rows = [outcome.reference.row for outcome in outcomes]
        return [Masks.of_binary(painted(ELSEWHERE if row == BAD_MASK else self.box(row))) for row in rows]


@pytest.fixture
def evaluated(tmp_path):
    """evaluated(policy) -> the folder of a finished evaluation with this prompt."""

    def evaluated(policy):
        references = [reference(row) for row in range(5)]
        folder = eval_folder(tmp_path, "made", policy, "0123")
        module = Evaluate(agent=StandInAgent(policy), scorer=Scorer(protocol("tgs"), "", str, Recall()), folder=folder)  # type: ignore[arg-type]
        for index, one in enumerate(references):
            clip = Clip(one.folder, np.zeros((*SIZE, 3), np.uint8), np.zeros(16, np.float32))
            truth = painted(None if one.is_null else TRUE)
            module.predict_step([ClipWork(Footage.of(clip), (one,), (Truth.of(truth),), Footage.of(clip))], index)
        origin = {
            "tgs": "0", "benchmark": "made", "benchmark_digest": "aa", "policy": str(policy), "scale": "tiny",
            "protocol": "tgs", "checkpoint": None, "zoo": "zz", "thresholds": {"box": 0.1},
        }  # fmt: skip
        summarise(folder, protocol("tgs"), references, references, origin, {})
        return folder.path

    return evaluated


def cells(page, start):
    """The first row of a Markdown table that begins with these cells."""
    line, *_ = [line for line in page.splitlines() if line.startswith(f"| {start} | ")]
    return line.strip("| ").split(" | ")


def test_attribute(evaluated, tmp_path, capsys):
    run, *_ = map(evaluated, (Policy.simple, Policy.category, Policy.box))
    attribute([str(run), "--write", str(tmp_path / "out" / "page.md")])
    assert "Which stage failed first" in capsys.readouterr().out
    lines = [json.loads(line) for line in (tmp_path / "out" / "page.jsonl").read_text().splitlines()]
    assert [line["label"] for line in lines] == ["ok", "wrong_name", "wrong_box", "bad_mask", "missed_null"]
    assert [line["named"] for line in lines] == ["dog", "cat", "dog", "dog", "dog"]
    assert [line["size"] for line in lines] == [0.25] * 4 + [None]
    lost = [list(line["lost"].values()) for line in lines]
    assert np.array(lost[:4]) == pytest.approx(np.diag([0, 1, 1, 1])[:, 1:] * (1 - MISSED))
    assert lost[MISSED_NULL] == pytest.approx([0.25, 0, 0])  # root of a sixteenth of the frame
    page = (tmp_path / "out" / "page.md").read_text()
    assert page.startswith("# Where prompt simple fails on made")
    third = f"{100 * (1 - MISSED) / 3:.1f}"
    assert [cell.split()[0] for cell in cells(page, "Seen J&F")[1:]][:6] == [
        f"{100 * (1 + 2 * MISSED) / 3:.1f}", f"{100 * (2 + MISSED) / 3:.1f}", "100.0", third, third, "0.0",
    ]  # fmt: skip
    assert cells(page, "Seen J&F | wrong_name")[2:] == ["1", "33.3", third, third, "0.0", "0.0"]
    assert cells(page, "Null S | all | missed_null (1)")[3:] == ["1", "0.250 [?]", "0.0"]
    assert cells(page, "test_s | dog | cat") == ["test_s", "dog", "cat", "1", "3"]
    assert "5 of 5 references, protocol tgs@1." in page


def test_compare(evaluated, tmp_path, capsys):
    a, b = map(evaluated, (Policy.simple, Policy.category))
    compare([str(a), str(b), "--write", str(tmp_path / "page.md")])
    assert "References that flipped" in capsys.readouterr().out
    record = json.loads((tmp_path / "page.json").read_text())
    flipped = [(flip["row"], flip["right"], flip["a"]["named"], flip["b"]["named"]) for flip in record["flipped"]]
    assert flipped == [(WRONG_NAME, "b", "cat", None), (MISSED_NULL, "b", "dog", None)]
    seen = record["numbers"][0]
    assert (seen["difference"], seen["p"]) == (pytest.approx((1 - MISSED) / 3), 1)  # one clip of three differs
    assert "| Seen J&F | 1 | 0 | 1 | 1 | 1.0000 |" in (tmp_path / "page.md").read_text()
